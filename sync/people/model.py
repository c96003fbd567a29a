"""People as the sync sees them: as the bridge knows them, and as they should become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.person import Identity
from kc_bridge.ports import DirectoryUser
from sync.people.desired import Account
from sync.people.identifiers import NO_NAMES, AccountNames
from sync.rules.lifecycle import Standing
from sync.sources.base import Place
from sync.sources.record import Record

__all__ = ["Cause", "KnownPerson", "Read", "Subject"]


class Cause(StrEnum):
    """Why a person is looked at; the guard counts closings by it."""

    SOURCE = "source"
    """A record is new or has changed."""
    CALENDAR = "calendar"
    """A date has come: the rules foresaw it."""
    REPAIR = "repair"
    """An earlier run, or an activation, left something to write."""
    RULES = "rules"
    """No record explains it, no date, and nothing was left: the profile or the clock has changed."""


@dataclass(frozen=True)
class Read:
    """A record with where and how it was read."""

    source: str
    place: Place
    row_hash: int
    record: Record
    person_key: str
    """Whom it is about: ``<source>:<key>``, or the key by which that human was known before."""


@dataclass(frozen=True)
class KnownPerson:
    """A person as the bridge last recorded them; ``state`` and ``account_end`` are what Keycloak was told."""

    id: str
    identity: Identity
    account: Account
    language: str
    population: str
    state: str
    account_end: date | None
    activated: bool
    confirmed: bool
    """Has validated the account once: backup mail and phone are their own, also while it must be validated again."""
    replaced_mails: frozenset[str | None]
    """What the register said instead of the mail the person gave, and has read, on « Problème de connexion »."""
    digest: str | None
    """Of the user Keycloak holds; None when a write is still owed."""
    keycloak_id: str | None
    affiliations: tuple[Affiliation, ...]
    closed_on: date | None = None
    """Day the account was closed; a purge counts from it."""
    register_names: tuple[str | None, str | None] = (None, None)
    """First and last name the register says where an operator gave others."""


@dataclass(frozen=True)
class Subject:
    """One person a run looks at: before and after."""

    known: KnownPerson | None
    identity: Identity
    account: Account
    affiliations: tuple[Affiliation, ...]
    standing: Standing
    user: DirectoryUser
    cause: Cause
    further: tuple[tuple[str, str], ...] = ()
    """Keys found to be this person's too, and by what rule."""
    given: AccountNames = NO_NAMES
    """What the sources give of the account's names, of somebody they have not named before."""

    @property
    def key(self) -> str:
        return self.identity.key
