"""Where somebody may differ: both sides are summed up in buckets, and only those that differ are looked into."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from kc_bridge.domain.buckets import MOST_ASKED, Buckets, Sums, bucket
from kc_bridge.ports import Directory
from kc_bridge.store.database import SessionFactory
from sync.drift.told import briefly

__all__ = ["asked", "differing", "summed", "suspects"]


def suspects(
    sessions: SessionFactory,
    directory: Directory,
    attributes: Collection[str],
    on_user: Callable[[int], None],
) -> set[int] | None:
    """Buckets with all who differ in them; None: everybody is to be listed, since too many buckets differ or the
    directory cannot sum up. Raises :class:`KeycloakUnavailable`."""
    seed = secrets.token_hex(16)
    with ThreadPoolExecutor(1) as beside:
        summary = beside.submit(directory.summary, attributes, seed, on_user)
        with sessions() as session:
            ours, owed = summed(briefly(session), seed, current=bool(attributes))
        theirs = summary.result()
    if theirs is None:
        return None
    return asked(differing(ours, theirs) | owed)


def summed(
    people: Iterable[tuple[str, str, bool, str | None]], seed: str, *, current: bool
) -> tuple[Buckets, set[int]]:
    """As if Keycloak held everybody (id, key, open, digest) as told; and where those are to whom a write is owed: what
    Keycloak holds of them cannot be foreseen. ``current``: whether Keycloak says what it holds now."""
    sums, owed = Sums(seed), set()
    for user_id, key, is_open, digest in people:
        if digest is None:
            owed.add(bucket(user_id))
        else:
            sums.add(user_id, key, is_open, digest, digest if current else None)
    return sums.buckets(), owed


def differing(ours: Buckets, theirs: Buckets) -> set[int]:
    """Those that are not the same on both sides."""
    return {number for number in ours.keys() | theirs.keys() if ours.get(number) != theirs.get(number)}


def asked(buckets: set[int]) -> set[int] | None:
    """Those to name to a directory; None: too many, so everybody is asked for."""
    return buckets if len(buckets) <= MOST_ASKED else None
