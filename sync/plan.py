"""What a run would change, as an object: list it, print it, approve it by its digest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from kc_bridge.domain.account_state import DATA_PURGED, OPEN, PURGED
from sync.judging.ends import shortened_by
from sync.people.model import Cause, KnownPerson, Subject

__all__ = ["Action", "Change", "Kind", "Pages", "Plan", "decide", "make_plan"]

ONE_DAY = timedelta(days=1)
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, check_circular=False)


class Kind(StrEnum):
    """What happens to the Keycloak user."""

    CREATE = "create"
    UPDATE = "update"
    DISABLE = "disable"
    ENABLE = "enable"
    PURGE = "purge"
    """Deleted, long after it was closed."""
    NOTHING = "nothing"
    """At most the bridge's own record changes."""


class Change(NamedTuple):
    """One visible difference."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Action:
    """What happens to one person. The rest follows from it whenever it is asked for: a plan keeps it a million times."""

    kind: Kind
    subject: Subject

    @property
    def who(self) -> str:
        return self.subject.account.login

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is otherwise than the bridge had recorded."""
        return _changes(self.subject)

    @property
    def why(self) -> str:
        if self.kind is Kind.UPDATE and not self.changes:
            return "owed: left by an earlier run, an operator or an activation"
        return self.subject.standing.why

    @property
    def visible(self) -> bool:
        """Whether somebody would want to see it."""
        return self.kind is not Kind.NOTHING or bool(self.changes)

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


class Pages(Protocol):
    """Where the actions are kept, a page at a time; read as often as asked."""

    def append(self, page: list[Action], /) -> None: ...

    def __iter__(self) -> Iterator[list[Action]]: ...


@dataclass
class Plan:
    """Actions in the order of the persons' keys; only one page of them is in memory."""

    pages: Pages = field(default_factory=list[list[Action]])
    tally: Counter[tuple[Kind, Cause]] = field(default_factory=Counter)
    """Actions by kind and cause."""
    due: Counter[date] = field(default_factory=Counter)
    """Closings that come by the calendar, by the first day on which the account is closed."""
    purges: Counter[date] = field(default_factory=Counter)
    """Purges, by the day from which the account was closed."""
    erasures: Counter[date] = field(default_factory=Counter)
    """Closed accounts whose owners' data go while the account stays, by the same day."""
    shortened: Counter[str] = field(default_factory=Counter)
    """Open accounts that would end earlier than their owners were told, by what says so
    (:func:`sync.judging.ends.shortened_by`)."""
    _hash: Any = field(default_factory=hashlib.sha256, repr=False)

    def add(self, actions: Iterable[Action]) -> None:
        """Adds actions whose keys come after all there are."""
        page = sorted(actions, key=lambda action: action.subject.key)
        for action in page:
            cause, end = action.subject.cause, action.subject.standing.account_end
            self.tally[action.kind, cause] += 1
            if action.kind is Kind.DISABLE and cause is Cause.CALENDAR and end:
                self.due[end + ONE_DAY] += 1
            self._count_losses(action)
            if (source := shortened_by(action.subject)) is not None:
                self.shortened[source] += 1
            if action.visible:
                self._hash.update(CANONICAL.encode(action.as_json()).encode())
        if page:
            self.pages.append(page)

    def _count_losses(self, action: Action) -> None:
        closed_on = action.subject.standing.closed_on
        if closed_on is None:
            return
        before = action.subject.known.state if action.subject.known else None
        if action.kind is Kind.PURGE:
            self.purges[closed_on] += 1
        elif action.subject.standing.state == DATA_PURGED != before:
            self.erasures[closed_on] += 1

    def cover(self, said: str) -> None:
        """Makes the digest stand for what the guard said of the plan as well: that is what an operator approves. Two truncated
        sources may both change nothing, and are not the same mistake."""
        self._hash.update(said.encode())

    @property
    def counts(self) -> dict[str, int]:
        """Number of actions by kind, zeros included."""
        return {kind.value: sum(self.tally[kind, cause] for cause in Cause) for kind in Kind}

    @property
    def ends_earlier(self) -> int:
        """How many open accounts would end earlier than their owners were told."""
        return sum(self.shortened.values())

    @property
    def digest(self) -> str:
        """SHA-256 that names this very plan: another change, another digest."""
        return str(self._hash.hexdigest())

    @property
    def writes(self) -> int:
        """How many actions write to Keycloak."""
        return sum(count for (kind, _), count in self.tally.items() if kind is not Kind.NOTHING)

    @property
    def actions(self) -> Iterator[Action]:
        """Every action."""
        return (action for page in self.pages for action in page)

    @property
    def visible(self) -> Iterator[Action]:
        """Actions somebody would want to see."""
        return (action for action in self.actions if action.visible)

    def as_json(self) -> dict[str, Any]:
        """The whole plan for scripts."""
        return {"digest": self.digest, "counts": self.counts, "actions": [a.as_json() for a in self.visible]}


def make_plan(subjects: Iterable[Subject]) -> Plan:
    """Decides for every subject."""
    plan = Plan()
    plan.add(decide(subject) for subject in subjects)
    return plan


def decide(subject: Subject) -> Action:
    """The one action that brings Keycloak from what it was told to what it should hold."""
    return Action(_kind(subject), subject)


def _kind(subject: Subject) -> Kind:
    known, user = subject.known, subject.user
    if known is None or known.keycloak_id is None:
        if user.enabled:
            return Kind.CREATE
        # A run may have died between Keycloak's creation and our note of it: that user must not stay open.
        begun = known is not None and known.state in OPEN
        return Kind.DISABLE if begun else Kind.NOTHING
    was_open = known.state in OPEN
    if was_open != user.enabled:
        return Kind.ENABLE if user.enabled else Kind.DISABLE
    if subject.standing.state == PURGED:
        return Kind.PURGE
    if known.digest is None and not user.enabled:
        return Kind.DISABLE  # owed to somebody closed: Keycloak may hold them open (drift, a run that died)
    return Kind.NOTHING if known.digest == user.digest else Kind.UPDATE


def _changes(subject: Subject) -> tuple[Change, ...]:
    known, where = subject.known, subject.standing
    before = _view(known, known.population, known.state, known.account_end) if known else NOTHING_YET
    after = _view(subject, where.population, where.state, where.account_end)
    found = [Change("also known as", "", f"{key} (rule « {rule} »)") for key, rule in subject.further]
    found += [Change(*seen) for seen in zip(VIEW, before, after, strict=True) if seen[1] != seen[2]]
    return tuple(found)


VIEW = (
    "login", "mail", "first name", "last name", "personal mail", "population", "state", "account end", "affiliations",
)  # fmt: skip
NOTHING_YET = ("",) * len(VIEW)


def _view(
    person: KnownPerson | Subject, population: str, state: str, account_end: date | None
) -> tuple[str, ...]:
    """What of somebody is compared and shown: :data:`VIEW` names it."""
    identity = person.identity
    return (
        person.account.login,
        person.account.mail,
        identity.first_name,
        identity.last_name,
        identity.personal_mail or "",
        population,
        state,
        account_end.isoformat() if account_end else "",
        _affiliations(person),
    )


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
