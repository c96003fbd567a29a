"""What a run would change, as an object: list it, print it, approve it by its digest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from sync.people import KnownPerson, Subject
from sync.rules.lifecycle import CLOSED

__all__ = ["Action", "Change", "Kind", "Plan", "decide", "make_plan"]

NO_USER_YET = frozenset({CLOSED, "SupannPrecree"})
"""States of somebody without a Keycloak user for whom none was ever asked."""


class Kind(StrEnum):
    """What happens to the Keycloak user."""

    CREATE = "create"
    UPDATE = "update"
    DISABLE = "disable"
    ENABLE = "enable"
    NOTHING = "nothing"
    """At most the bridge's own record changes."""


@dataclass(frozen=True, slots=True)
class Change:
    """One visible difference."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Action:
    """What happens to one person, and why."""

    kind: Kind
    subject: Subject
    changes: tuple[Change, ...]
    why: str

    @property
    def who(self) -> str:
        return self.subject.account.login

    def as_json(self) -> dict[str, Any]:
        """For scripts; the key is the source's, so the output is as confidential as the source."""
        return {
            "action": self.kind.value,
            "key": self.subject.key,
            "who": self.who,
            "cause": self.subject.cause.value,
            "why": self.why,
            "changes": [{"what": c.what, "before": c.before, "after": c.after} for c in self.changes],
        }


@dataclass(frozen=True)
class Plan:
    """Actions in the order of the persons' keys."""

    actions: tuple[Action, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of actions by kind, zeros included."""
        counted = Counter(action.kind for action in self.actions)
        return {kind.value: counted[kind] for kind in Kind}

    @cached_property
    def digest(self) -> str:
        """Names this very plan: another change, another digest."""
        text = json.dumps([a.as_json() for a in self.visible], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def visible(self) -> Iterator[Action]:
        """Actions somebody would want to see."""
        return (action for action in self.actions if action.kind is not Kind.NOTHING or action.changes)

    @property
    def for_keycloak(self) -> list[Action]:
        """Actions that write to Keycloak."""
        return [action for action in self.actions if action.kind is not Kind.NOTHING]

    def as_json(self) -> dict[str, Any]:
        """The whole plan for scripts."""
        return {"digest": self.digest, "counts": self.counts, "actions": [a.as_json() for a in self.visible]}


def make_plan(subjects: Iterable[Subject]) -> Plan:
    """Decides for every subject."""
    actions = (decide(subject) for subject in subjects)
    return Plan(tuple(sorted(actions, key=lambda action: action.subject.key)))


def decide(subject: Subject) -> Action:
    """The one action that brings Keycloak from what it was told to what it should hold."""
    kind = _kind(subject)
    changes = _changes(subject.known, subject)
    return Action(kind, subject, changes, _why(kind, subject, changes))


def _kind(subject: Subject) -> Kind:
    known, user = subject.known, subject.user
    if known is None or known.keycloak_id is None:
        if user.enabled:
            return Kind.CREATE
        # A run may have died between Keycloak's creation and our note of it: that user must not stay open.
        begun = known is not None and known.state not in NO_USER_YET
        return Kind.DISABLE if begun else Kind.NOTHING
    was_open = known.state != CLOSED
    if was_open != user.enabled:
        return Kind.ENABLE if user.enabled else Kind.DISABLE
    return Kind.NOTHING if known.digest == user.digest else Kind.UPDATE


def _why(kind: Kind, subject: Subject, changes: tuple[Change, ...]) -> str:
    if kind is Kind.UPDATE and not changes:
        return "an earlier run could not write this"
    return subject.standing.why


def _changes(known: KnownPerson | None, subject: Subject) -> tuple[Change, ...]:
    before = _view(known, known.population, known.state, known.account_end) if known else {}
    where = subject.standing
    after = _view(subject, where.population, where.state, where.account_end)
    return tuple(
        Change(what, before.get(what, ""), value)
        for what, value in after.items()
        if before.get(what, "") != value
    )


def _view(
    person: KnownPerson | Subject, population: str, state: str, account_end: date | None
) -> dict[str, str]:
    identity = person.identity
    return {
        "login": person.account.login,
        "mail": person.account.mail,
        "first name": identity.first_name,
        "last name": identity.last_name,
        "personal mail": identity.personal_mail or "",
        "population": population,
        "state": state,
        "account end": account_end.isoformat() if account_end else "",
        "affiliations": _affiliations(person),
    }


def _affiliations(person: KnownPerson | Subject) -> str:
    return "; ".join(
        " ".join(
            part
            for part in (
                a.population,
                f"{a.year}/{a.year + 1}" if a.year else "",
                a.programme or "",
                "" if a.status == "valid" else a.status,
                f"→ {a.end.isoformat()}" if a.end else "",
            )
            if part
        )
        for a in person.affiliations
    )
