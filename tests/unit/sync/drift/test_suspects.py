"""Only users near one who differs are listed, and nobody who differs is missed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from kc_bridge.domain import buckets
from kc_bridge.domain.buckets import BUCKETS, MOST_ASKED, Buckets, Sums, bucket
from kc_bridge.ports import Held
from kc_bridge.store.models import Person
from sync.drift.check import check
from sync.drift.differences import Difference, Found, Told, compare
from sync.drift.suspects import differing, summed, suspects
from tests.support.sync_world import FakeDirectory, World, student

HANDS: dict[str, Callable[[Held], list[Held]]] = {
    "nobody": lambda user: [user],
    "deleted": lambda _user: [],
    "edited": lambda user: [replace(user, current="by hand")],
    "written otherwise": lambda user: [replace(user, digest="older", current="older")],
    "digest removed": lambda user: [replace(user, digest=None)],
    "opened or closed": lambda user: [replace(user, enabled=not user.enabled)],
    "mark changed": lambda user: [replace(user, key="by hand")],
    "copied": lambda user: [user, replace(user, user_id=f"copy of {user.user_id}")],
    "made again": lambda user: [replace(user, user_id=f"again {user.user_id}")],
}
"""What became of a user since the sync wrote it."""


@dataclass
class Sides:
    told: list[Told] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


@some.composite
def sides(draw: some.DrawFn) -> Sides:
    """A bridge and its Keycloak, in which hands were at work."""
    both = Sides()
    hands = draw(some.lists(some.tuples(some.sampled_from(sorted(HANDS)), some.booleans(), some.booleans())))
    for number, (hand, is_open, owed) in enumerate(hands):
        digest = f"digest {number}"
        user = Held(f"kc-{number}", f"key-{number}", f"user{number}", is_open, digest, digest)
        one = Told(f"p{number}", user.key, user.user_id, user.username, is_open, None if owed else digest)
        both.told.append(one)
        both.held += HANDS[hand](user)
    both.held += [
        Held(f"stranger {n}", f"unknown {n}", f"s{n}", True, "d", "d")
        for n in range(draw(some.integers(0, 2)))
    ]
    return both


def both_summed(both: Sides, seed: str = "s") -> tuple[Buckets, Buckets, set[int]]:
    people = ((one.user_id, one.key, one.open, one.digest) for one in both.told)
    ours, owed = summed(people, seed, current=True)
    theirs = Sums(seed)
    for user in both.held:
        theirs.add(user.user_id, user.key, user.enabled, user.digest, user.current)
    return ours, theirs.buckets(), owed


def in_order(found: Iterator[Difference]) -> list[Difference]:
    return sorted(found, key=lambda d: (d.login, d.user_id, d.found))


@given(sides(), some.sampled_from([1, 2, 7, BUCKETS]))
def test_sums_miss_nobody_whom_the_lists_find(both: Sides, number: int) -> None:
    with patch.object(buckets, "BUCKETS", number):
        ours, theirs, owed = both_summed(both)
        found = differing(ours, theirs) | owed
        told = [one for one in both.told if bucket(one.user_id) in found]
        held = [user for user in both.held if bucket(user.user_id) in found]
    assert in_order(compare(told, held)) == in_order(compare(both.told, both.held))


@given(sides())
def test_where_all_is_as_told_nothing_is_suspected(both: Sides) -> None:
    known = {one.user_id: one for one in both.told if one.digest is not None}
    both.told = list(known.values())
    both.held = [
        Held(one.user_id, one.key, one.login, one.open, one.digest, one.digest) for one in known.values()
    ]
    ours, theirs, owed = both_summed(both)
    assert (differing(ours, theirs), owed) == (set(), set())


@given(some.text(), some.text())
@example("kc-1", "kc-2")
def test_another_seed_is_another_sum(one: str, other: str) -> None:
    both = Sides([Told("p", "key", "kc", "a", True, "d")], [Held("kc", "key", "a", True, "d", "d")])
    assert (both_summed(both, one)[0] == both_summed(both, other)[0]) == (one == other)


class Listening(FakeDirectory):
    """Remembers whose lines were asked for."""

    def __init__(self, *, sums: bool = True) -> None:
        super().__init__()
        self.sums = sums
        self.listed: list[list[str]] = []

    def digests(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[Held]:
        users = list(super().digests(attributes, buckets))
        self.listed.append([user.user_id for user in users])
        return iter(users)

    def summary(
        self, attributes: Collection[str], seed: str, on_user: Callable[[int], None]
    ) -> Buckets | None:
        answer = super().summary(attributes, seed, on_user) if self.sums else None
        self.listed.clear()  # how a fake adds up is its own affair
        return answer


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.directory = world.used = Listening()
    world.students([student(22600000 + number) for number in range(12)])
    world.run()
    return world


def look(world: World) -> tuple[list[Found], list[list[str]]]:
    assert isinstance(world.directory, Listening)
    world.directory.listed.clear()
    found = check(world.sessions, world.directory, world.profile, world.now.date())
    return [difference.found for difference in found], world.directory.listed


def test_nobody_is_listed_when_nothing_differs(world: World) -> None:
    assert look(world) == ([], [])


def test_only_users_near_one_who_differs_are_listed(world: World) -> None:
    closed = world.person("apogee:22600003").keycloak_id or ""
    world.directory.open[closed] = False
    near = [user_id for user_id in world.directory.held if bucket(user_id) == bucket(closed)]
    assert look(world) == ([Found.CLOSED], [near])


def test_whoever_is_owed_a_write_is_listed_and_no_difference(world: World) -> None:
    with world.sessions.begin() as session:
        owed = session.get_one(Person, world.person("apogee:22600003").id)
        owed.digest = None
        user_id = owed.keycloak_id or ""
    found, (listed,) = look(world)
    assert (found, user_id in listed, len(listed) < 13) == ([], True, True)


@pytest.mark.parametrize("sums", [True, False])
def test_everybody_is_listed_where_sums_do_not_help(
    world: World, monkeypatch: pytest.MonkeyPatch, sums: bool
) -> None:
    world.directory.sums = sums  # type: ignore[attr-defined]
    monkeypatch.setattr("sync.drift.suspects.MOST_ASKED", 0 if sums else MOST_ASKED)
    world.directory.open[world.person("apogee:22600003").keycloak_id or ""] = False
    found, (listed,) = look(world)
    assert (found, len(listed)) == ([Found.CLOSED], 13)


def test_users_read_are_told(world: World) -> None:
    read: list[int] = []
    assert suspects(world.sessions, world.directory, ["uid"], read.append) == set()
    assert sum(read) == 13
