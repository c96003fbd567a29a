"""Doing what a plan says, one user at a time; what fails is told, never lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from kc_bridge.domain.clock import Clock
from kc_bridge.domain.errors import KeycloakUnavailable, NotOwned
from kc_bridge.ports import Directory, DirectoryConflict, DirectoryRefused
from sync.journal import Journal
from sync.plan import Action, Kind

__all__ = ["Outcome", "apply"]

GIVE_UP_AFTER = 3
"""Users in a row Keycloak did not answer for, each already retried: it is down, the next run goes on."""


@dataclass
class Outcome:
    """What came of the actions."""

    done: Counter[str] = field(default_factory=Counter)
    conflicts: list[tuple[Action, str]] = field(default_factory=list)
    """Users Keycloak holds otherwise than we may change: a person must look."""
    failed: int = 0
    left: int = 0
    """Not tried, because Keycloak had stopped answering."""
    last_error: str | None = None

    @property
    def partial(self) -> bool:
        return bool(self.failed or self.left)


def apply(
    actions: list[Action],
    directory: Directory,
    journal: Journal,
    clock: Clock,
    on_action: Callable[[], None] = lambda: None,
) -> Outcome:
    """Writes every action to Keycloak and notes each in the journal. Raises nothing Keycloak may cause."""
    outcome = Outcome()
    in_a_row = 0
    for position, action in enumerate(actions):
        if in_a_row >= GIVE_UP_AFTER:
            outcome.left = len(actions) - position
            break
        try:
            keycloak_id = _write(directory, action)
        except KeycloakUnavailable as error:
            outcome.failed += 1
            outcome.last_error = str(error)
            in_a_row += 1
        except (DirectoryConflict, DirectoryRefused, NotOwned) as error:
            outcome.conflicts.append(
                (action, str(error) or "belongs to somebody else or to an administrator")
            )
            in_a_row = 0
        else:
            journal.applied(action, keycloak_id, clock())
            outcome.done[action.kind.value] += 1
            in_a_row = 0
        on_action()
    return outcome


def _write(directory: Directory, action: Action) -> str | None:
    user = action.subject.user
    known_id = action.subject.known.keycloak_id if action.subject.known else None
    if action.kind is Kind.CREATE:
        return directory.create(user)
    user_id = known_id or directory.find(user)
    if user_id is None:
        return None  # its creation never reached Keycloak
    if action.kind is Kind.DISABLE:
        directory.disable(user_id, user)
    elif action.kind is Kind.ENABLE:
        directory.enable(user_id, user)
    else:
        directory.update(user_id, user)
    return user_id
