"""What came of a plan's actions. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from kc_bridge.domain.account_state import DATA_PURGED
from kc_bridge.ports import Result, Status, Write, WriteKind
from sync.people.model import KnownPerson
from sync.plan import Action, Kind

__all__ = ["Outcome", "Verdict", "verdict", "write_of"]

WRITES = {
    Kind.CREATE: WriteKind.CREATE,
    Kind.UPDATE: WriteKind.UPDATE,
    Kind.ENABLE: WriteKind.ENABLE,
    Kind.DISABLE: WriteKind.DISABLE,
    Kind.PURGE: WriteKind.DELETE,
}
DONE = frozenset(
    {
        Status.CREATED,
        Status.UPDATED,
        Status.ENABLED,
        Status.DISABLED,
        Status.DELETED,
        Status.UNCHANGED,
    }
)
NEEDS_NO_USER = frozenset({Kind.DISABLE, Kind.PURGE})
"""A user that is not there is closed, and gone."""


class Verdict(Enum):
    """What one answer means for the run."""

    DONE = auto()
    CONFLICT = auto()
    """Keycloak holds the user otherwise than we may change: a person must look."""
    FAILED = auto()
    """The next run tries again."""


@dataclass
class Outcome:
    """What came of the actions."""

    done: Counter[str] = field(default_factory=Counter)
    """By kind."""
    conflicts: list[tuple[Action, str]] = field(default_factory=list)
    """Users Keycloak holds otherwise than we may change, and why: a person must look."""
    failed: int = 0
    """Tried, and still owed."""
    left: int = 0
    """Not tried, because Keycloak had stopped answering; nothing of them was written anywhere."""
    last_error: str | None = None
    come_back: datetime | None = None
    """When Keycloak wants to be asked again, if it said."""

    @property
    def partial(self) -> bool:
        return bool(self.failed or self.left)

    def add(self, action: Action, result: Result) -> None:
        """Counts one answer."""
        what = verdict(action, result)
        if what is Verdict.DONE:
            self.done[action.kind.value] += 1
            if result.reason:  # closed, though Keycloak would not take the rest of it
                self.conflicts.append((action, result.reason))
        elif what is Verdict.CONFLICT:
            self.conflicts.append((action, result.reason or REASONS.get(result.status, result.status.value)))
        else:
            self.failed += 1
            self.last_error = result.reason or self.last_error


REASONS = {
    Status.ABSENT: "Keycloak no longer has this user: somebody deleted it by hand",
    Status.CONFLICT: "the username or mail is somebody else's",
    Status.NOT_OWNED: "it belongs to somebody else or to an administrator",
    Status.INVALID: "Keycloak finds something wrong with it",
}


def verdict(action: Action, result: Result) -> Verdict:
    """What the answer means."""
    if result.status in DONE or (result.status is Status.ABSENT and action.kind in NEEDS_NO_USER):
        return Verdict.DONE
    return Verdict.FAILED if result.status is Status.FAILED else Verdict.CONFLICT


def write_of(action: Action) -> Write | None:
    """What Keycloak is asked to do; None when it need not know."""
    if action.kind is Kind.NOTHING:
        return None
    known = action.subject.known
    if known is None:
        return Write(WRITES[action.kind], action.subject.user)
    return Write(
        WRITES[action.kind],
        action.subject.user,
        known.keycloak_id,
        known=True,
        forget=_forgets(action, known),
    )


def _forgets(action: Action, known: KnownPerson) -> bool:
    """What opened an account goes with its owner's data; also of those whose data went before this was done."""
    return action.kind is not Kind.PURGE and DATA_PURGED in (action.subject.standing.state, known.state)
