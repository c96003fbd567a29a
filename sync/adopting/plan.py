"""Which user of Keycloak is which person the sources know, and what will come of it. Pure.

A user is somebody's when one of the ways asked for says so and nothing says otherwise. What may be two things is neither:
it waits for an operator's file of keys and ids.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kc_bridge.domain.person import Identity
from kc_bridge.ports import DirectoryUser, HeldUser
from sync.people.desired import Account
from sync.people.identifiers import UID, AccountNames, local_part
from sync.plan import Change
from sync.rules.lifecycle import Standing

__all__ = ["Adoption", "AdoptionPlan", "Candidate", "Undecided", "Way", "make_plan"]

Way = Callable[[HeldUser], Iterable[str]]
"""What a user says by which a person may be known, in the form of :attr:`Candidate.said`."""


@dataclass(frozen=True)
class Candidate:
    """Somebody a source names who has no user in Keycloak as far as the bridge knows."""

    key: str
    mark: str
    """:func:`kc_bridge.domain.person.key_digest` of the key."""
    said: Mapping[str, frozenset[str]]
    """By way of matching: what would be theirs."""
    given: AccountNames
    made: Account
    """The account a run would make."""
    identity: Identity
    user: Callable[[Account, bool], tuple[DirectoryUser, Standing]]
    """What Keycloak should hold of them under that account, active or not."""


@dataclass(frozen=True)
class Adoption:
    """One user that becomes the bridge's."""

    candidate: Candidate
    user_id: str
    by: str
    """Why it is that person."""
    account: Account
    active: bool
    """Chose a password long ago: nothing is asked of them."""
    closes: bool
    """No source gives a right any more: the next run closes it."""
    changes: tuple[Change, ...]
    """What the next run of the sync writes."""
    population: str
    language: str
    """What they chose in Keycloak; empty: nothing."""
    marked: bool
    """Bears the mark already: an earlier adoption was interrupted."""

    def as_json(self) -> dict[str, Any]:
        """For scripts, and for the digest."""
        return {
            "key": self.candidate.key,
            "user": self.user_id,
            "username": self.account.login,
            "uid": self.account.uid,
            "by": self.by,
            "active": self.active,
            "closes": self.closes,
            "changes": [{"what": c.what, "before": c.before, "after": c.after} for c in self.changes],
        }


@dataclass(frozen=True)
class Undecided:
    """A user or a person left as they are, and why."""

    who: str
    why: str


@dataclass
class AdoptionPlan:
    """What ``kcb adopt apply`` would do, all of it."""

    adoptions: list[Adoption] = field(default_factory=list)
    ambiguous: list[Undecided] = field(default_factory=list)
    refused: list[Undecided] = field(default_factory=list)
    """Known to a source, and not to be adopted: federated, administrators, somebody else's."""
    strangers: list[str] = field(default_factory=list)
    """Usernames no source knows: left alone."""
    without_user: int = 0
    """People the next run makes a user for, if they have a right."""

    @property
    def digest(self) -> str:
        """Names these very adoptions."""
        text = json.dumps([a.as_json() for a in self.adoptions], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """For a summary."""
        return {
            "adopt": len(self.adoptions),
            "active": sum(a.active for a in self.adoptions),
            "closed by the next run": sum(a.closes for a in self.adoptions),
            "ambiguous": len(self.ambiguous),
            "refused": len(self.refused),
            "left alone": len(self.strangers),
            "without a user": self.without_user,
        }


def make_plan(
    candidates: Sequence[Candidate],
    users: Iterable[HeldUser],
    ways: Mapping[str, Way],
    *,
    active: Callable[[HeldUser], bool],
    looked_at: Callable[[HeldUser], HeldUser],
    uid_of: Mapping[str, str],
) -> AdoptionPlan:
    """``users``: every user of the realm. ``looked_at`` adds what the list of users did not tell. ``uid_of``: uid → key
    of the person who has it already."""
    plan = AdoptionPlan()
    index: dict[tuple[str, str], set[str]] = defaultdict(set)
    people = {candidate.key: candidate for candidate in candidates}
    for candidate in candidates:
        for way, values in candidate.said.items():
            for value in values:
                index[way, value].add(candidate.key)
    theirs: dict[str, list[tuple[HeldUser, str]]] = defaultdict(list)
    in_doubt: dict[str, str] = {}
    for user in users:
        found = _keys(user, ways, index)
        if len(found) == 1:
            ((key, by),) = found.items()
            theirs[key].append((user, by))
        elif found:
            names = ", ".join(sorted(found))
            plan.ambiguous.append(Undecided(user.username, f"may be {names}"))
            in_doubt |= dict.fromkeys(found, user.username)
        elif user.key is None:
            plan.strangers.append(user.username)
    for key in sorted(theirs):
        if key in in_doubt:
            names = ", ".join(sorted({in_doubt[key], *(user.username for user, _ in theirs[key])}))
            plan.ambiguous.append(Undecided(key, f"may have any of the users {names}"))
            continue
        if len(theirs[key]) > 1:
            names = ", ".join(sorted(user.username for user, _ in theirs[key]))
            plan.ambiguous.append(Undecided(key, f"may have any of the users {names}"))
            continue
        ((user, by),) = theirs[key]
        _decide(people[key], user, by, plan, active, looked_at)
    _unique(plan, uid_of)
    plan.ambiguous.sort(key=lambda u: (u.who, u.why))
    plan.strangers.sort()
    plan.without_user = len(people) - len(plan.adoptions)
    return plan


def _keys(
    user: HeldUser, ways: Mapping[str, Way], index: Mapping[tuple[str, str], set[str]]
) -> dict[str, str]:
    """Key of everybody the user may be, and by what."""
    found: dict[str, str] = {}
    for way, values in ways.items():
        for value in values(user):
            for key in index.get((way, value), ()):
                found.setdefault(key, f"{way} {value}")
    return found


def _decide(
    candidate: Candidate,
    user: HeldUser,
    by: str,
    plan: AdoptionPlan,
    active: Callable[[HeldUser], bool],
    looked_at: Callable[[HeldUser], HeldUser],
) -> None:
    if user.key not in (None, candidate.mark):
        return plan.refused.append(Undecided(user.username, "bears the mark of somebody else"))
    user = looked_at(user)
    if user.administrator:
        return plan.refused.append(Undecided(user.username, "has power over the realm"))
    if user.federated:
        why = "comes from a directory Keycloak reads: its owner is that directory"
        return plan.refused.append(Undecided(user.username, why))
    account = _account(candidate, user)
    is_active = active(user)
    wanted, standing = candidate.user(account, is_active)
    plan.adoptions.append(
        Adoption(
            candidate,
            user.user_id,
            by,
            account,
            is_active,
            closes=user.enabled and not standing.open,
            changes=tuple(_changes(user, wanted)),
            population=standing.population,
            language=next(iter(user.attributes.get("locale", ())), ""),
            marked=user.key == candidate.mark,
        )
    )
    return None


def _account(candidate: Candidate, user: HeldUser) -> Account:
    """As it is; what is missing, as a run would make it."""
    has = next(iter(user.attributes.get("uid", ())), "") or candidate.given.uid or local_part(user.username)
    uid = has if UID.fullmatch(has) else candidate.made.uid
    mail = user.email or candidate.given.mail or candidate.made.mail
    return Account(uid=uid, login=user.username, mail=mail)


def _changes(user: HeldUser, wanted: DirectoryUser) -> Iterator[Change]:
    pairs = [
        ("email", user.email, wanted.email),
        ("firstName", user.first_name, wanted.first_name),
        ("lastName", user.last_name, wanted.last_name),
    ]
    pairs += [
        (name, ", ".join(sorted(user.attributes.get(name, ()))), ", ".join(sorted(values)))
        for name, values in sorted(wanted.attributes.items())
    ]
    yield from (Change(what, before, after) for what, before, after in pairs if before != after)


def _unique(plan: AdoptionPlan, uid_of: Mapping[str, str]) -> None:
    """A uid and a mail are one person's."""
    for name in ("uid", "mail"):
        holders: dict[str, list[Adoption]] = defaultdict(list)
        for adoption in plan.adoptions:
            holders[getattr(adoption.account, name)].append(adoption)
        for value, several in holders.items():
            other = uid_of.get(value) if name == "uid" else None
            if len(several) == 1 and other in (None, several[0].candidate.key):
                continue
            for adoption in several:
                plan.adoptions.remove(adoption)
                plan.ambiguous.append(
                    Undecided(adoption.account.login, f"would have the {name} {value}, as somebody else has")
                )
