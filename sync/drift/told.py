"""What Keycloak was told of everybody, as the bridge's database has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import OPEN
from kc_bridge.domain.buckets import bucket
from kc_bridge.domain.person import key_digest
from kc_bridge.store.models import Person
from sync.drift.differences import Told

__all__ = ["briefly", "told"]

STREAM = 10_000


def told(session: Session, buckets: Collection[int] | None = None) -> Iterator[Told]:
    """Everybody some source names who has a user, or those of some buckets."""
    columns = (Person.id, Person.key, Person.keycloak_id, Person.login, Person.state, Person.digest)
    for person_id, key, user_id, login, state, digest in _rows(session, columns):
        if buckets is None or bucket(user_id) in buckets:
            yield Told(person_id, key_digest(key), user_id, login, state in OPEN, digest)


def briefly(session: Session) -> Iterator[tuple[str, str, bool, str | None]]:
    """The same people: id and ``kcbKey`` of the user, whether it should be open, :attr:`Told.digest`."""
    for key, user_id, state, digest in _rows(
        session, (Person.key, Person.keycloak_id, Person.state, Person.digest)
    ):
        yield user_id, key_digest(key), state in OPEN, digest


def _rows(session: Session, columns: tuple[Any, ...]) -> Iterator[Any]:
    query = select(*columns).where(Person.keycloak_id.is_not(None), Person.affiliations.any())
    rows = session.connection().execution_options(yield_per=STREAM).execute(query)
    for page in rows.partitions():
        yield from page
