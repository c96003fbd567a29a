"""What Keycloak holds otherwise than the sync has told it: changes made by hand, and those of an interrupted run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kc_bridge.domain.drift import CORE, OWNED, Drift
from kc_bridge.ports import DirectoryUser, Held, HeldUser

__all__ = ["Difference", "Found", "Told", "compare", "differing", "repairable"]


class Found(StrEnum):
    """How a user differs."""

    MISSING = "missing"
    """Somebody has an account, and Keycloak has no such user: deleted by hand, or Keycloak's database is an older one."""
    UNKNOWN = "unknown"
    """A user bears our mark and belongs to nobody we know: copied by hand, or our database is an older one."""
    OPENED = "opened"
    """Closed by the rules, and open in Keycloak."""
    CLOSED = "closed"
    """Open by the rules, and closed in Keycloak."""
    CHANGED = "changed"
    """Something the sync writes was changed by hand since it wrote it."""
    UNTOLD = "untold"
    """The last write is not the one we remember: an interrupted run, or one of the two databases is an older one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What Keycloak was told of somebody, as the bridge remembers it."""

    person_id: str
    key: str
    """``kcbKey``."""
    user_id: str
    login: str
    open: bool
    digest: str | None
    """None: a write is owed, and the next run does it; until then nothing can be said."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One user who differs."""

    found: Found
    login: str
    user_id: str
    person_id: str | None = None
    digest: str | None = None
    """What the bridge remembers: repairing is for those of whom that has not changed meanwhile."""
    attributes: tuple[tuple[str, str, str], ...] = ()
    """(name, ours, theirs), once they were looked at."""


def compare(told: Iterable[Told], held: Iterable[Held]) -> Iterator[Difference]:
    """Both sides whole; keeps ``told`` in memory (:class:`sync.drift.spill.Spill` cuts both into parts)."""
    ours = {one.key: one for one in told}
    seen: set[str] = set()
    for user in held:
        one = ours.get(user.key)
        if one is None or one.user_id != user.user_id:
            # The mark of somebody whose account is another user is a copy.
            yield Difference(Found.UNKNOWN, user.username, user.user_id)
            continue
        seen.add(user.key)
        if one.digest is not None and (found := _found(one, user)):
            yield Difference(found, one.login, one.user_id, one.person_id, one.digest)
    for one in ours.values():
        if one.key not in seen and one.digest is not None:
            yield Difference(Found.MISSING, one.login, one.user_id, one.person_id, one.digest)


def _found(one: Told, user: Held) -> Found | None:
    if user.enabled != one.open:
        return Found.OPENED if user.enabled else Found.CLOSED
    if user.digest != one.digest:
        return Found.UNTOLD
    return Found.CHANGED if user.current not in (None, one.digest) else None


def differing(wanted: DirectoryUser, held: HeldUser) -> tuple[tuple[str, str, str], ...]:
    """(name, ours, theirs) of what the sync writes; the order of values does not count."""
    core = {
        "username": (wanted.username, held.username),
        "email": (wanted.email, held.email),
        "firstName": (wanted.first_name, held.first_name),
        "lastName": (wanted.last_name, held.last_name),
    }
    found = [(name, *core[name]) for name in CORE if core[name][0] != core[name][1]]
    for name in OWNED:
        if name in wanted.attributes:
            ours, theirs = sorted(wanted.attributes[name]), sorted(held.attributes.get(name, ()))
            if ours != theirs:
                found.append((name, ", ".join(ours), ", ".join(theirs)))
    return tuple(found)


def repairable(difference: Difference, policy: Drift) -> bool:
    """Whether the next run shall write this user again. It writes all that is ours, or nothing."""
    match difference.found:
        case Found.MISSING:
            return policy.missing == "force"
        case Found.OPENED:
            return policy.opened == "force"
        case Found.UNKNOWN | Found.CLOSED:
            return False
        case Found.UNTOLD:
            return True
    return any(policy.policy(name) == "force" for name, _, _ in difference.attributes)
