"""Going through a plan: what is asked when, what a fault costs, what stops everything. Nothing is real here but the
threads; whole runs on databases are in test_engine, on Keycloak in the integration tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy.exc import IntegrityError

from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.domain.person import Identity
from kc_bridge.ports import DirectoryUser, Result, StaleFence, Status, Write
from sync.apply import apply
from sync.plan import Action, Kind
from sync.turns.lock import Lease, Superseded
from sync.writing import pace
from sync.writing.journal import Journal
from sync.writing.outcome import Outcome

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
FENCE = 1793000000000


class Subject:
    """As much of a :class:`sync.people.model.Subject` as applying looks at."""

    def __init__(self, key: str, known: Any = None) -> None:
        self.key, self.known = key, known
        self.identity = Identity(key, "A", "B", None, None, None, None, ())
        self.user = DirectoryUser(key, key, key, "A", "B", True, {})


def action(number: int, kind: Kind = Kind.CREATE) -> Action:
    return Action(kind, cast(Any, Subject(f"p{number:03}")))


def plan(people: int, kind: Kind = Kind.CREATE, chunk: int = 40) -> list[list[Action]]:
    actions = [action(n, kind) for n in range(people)]
    return [actions[start : start + chunk] for start in range(0, people, chunk)]


class Notes:
    """A journal that remembers."""

    def __init__(self) -> None:
        self.lease = Lease(1, FENCE)
        self.recorded: list[str] = []
        self.done: list[str] = []
        self.refused: set[str] = set()
        self.fails: Exception | None = None

    def record(self, actions: Sequence[Action], now: datetime) -> None:
        keys = [a.subject.key for a in actions]
        if self.refused & set(keys):
            raise IntegrityError("INSERT", {}, Exception("UNIQUE"))
        self.recorded += keys

    def applied(self, answered: Sequence[tuple[Action, Result]], now: datetime) -> None:
        if self.fails:
            raise self.fails
        self.done += [a.subject.key for a, _ in answered]


class Keycloak:
    """Answers as it is told to, by default that all is done."""

    batch = 20

    def __init__(self, answer: Callable[[list[str]], list[Result] | None] = lambda _keys: None) -> None:
        self.requests: list[list[str]] = []
        self._answer, self._lock = answer, threading.Lock()

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:
        assert fence == FENCE
        keys = [write.user.key for write in writes]
        with self._lock:
            self.requests.append(keys)
            return self._answer(keys) or [Result(Status.CREATED, key) for key in keys]

    @property
    def asked(self) -> list[str]:
        return [key for keys in self.requests for key in keys]


def go(
    chunks: Any, keycloak: Any, notes: Notes, *, parallel: int = 3, slept: list[float] | None = None
) -> Outcome:
    pauses = slept if slept is not None else []
    journal = cast(Journal, notes)
    return apply(chunks, lambda: keycloak, journal, lambda: NOW, parallel=parallel, sleep=pauses.append)


def first_time(error: Exception) -> Callable[[list[str]], None]:
    """Fails the first request."""
    left = [error]

    def answer(_keys: list[str]) -> None:
        if left:
            raise left.pop()

    return answer


def test_everybody_is_recorded_written_and_noted_once() -> None:
    notes, keycloak = Notes(), Keycloak()
    outcome = go(plan(95), keycloak, notes)
    everybody = [f"p{n:03}" for n in range(95)]
    assert sorted(keycloak.asked) == sorted(notes.recorded) == sorted(notes.done) == everybody
    assert max(map(len, keycloak.requests)) <= 20
    assert (outcome.done, outcome.partial) == ({"create": 95}, False)


def test_whoever_keycloak_need_not_know_is_recorded_and_it_is_not_even_opened() -> None:
    notes = Notes()
    outcome = go(plan(30, Kind.NOTHING), None, notes)
    assert (len(notes.recorded), notes.done, outcome.done, outcome.partial) == (30, [], {}, False)


def test_the_plan_is_read_no_further_than_the_work_has_come() -> None:
    notes = Notes()
    furthest = []

    def chunks() -> Iterator[list[Action]]:
        for n in range(1000):
            furthest.append(n - len(notes.done))
            yield [action(n)]

    go(chunks(), Keycloak(), notes, parallel=3)
    assert len(notes.done) == 1000
    assert max(furthest) <= pace.FIRST + 20 * 3


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_told(kind: Kind) -> None:
    outcome = go(plan(2, kind), Keycloak(), Notes())
    assert outcome.done == ({} if kind is Kind.NOTHING else {kind.value: 2})


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_recorded_twice() -> None:
    notes, keycloak, slept = Notes(), Keycloak(first_time(KeycloakUnavailable("reset"))), []
    outcome = go(plan(50), keycloak, notes, slept=slept)
    assert (outcome.done["create"], outcome.partial, len(slept), outcome.last_error) == (50, False, 1, None)
    assert len(notes.recorded) == len(set(notes.recorded)) == 50
    assert sorted(notes.done) == sorted(notes.recorded)


def test_retry_after_is_waited_for() -> None:
    slept: list[float] = []
    outcome = go(plan(5), Keycloak(first_time(KeycloakUnavailable("429", 7.0))), Notes(), slept=slept)
    assert (slept, outcome.done["create"], outcome.come_back) == ([7.0], 5, None)


def test_retry_after_of_an_hour_ends_the_run_which_says_when_to_come_back() -> None:
    def busy(_keys: list[str]) -> None:
        raise KeycloakUnavailable("status 429", 3600.0)

    slept: list[float] = []
    notes = Notes()
    outcome = go(plan(200), Keycloak(busy), notes, slept=slept)
    assert (slept, outcome.partial, outcome.done) == ([], True, {})
    assert outcome.come_back == datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
    assert "2026-09-01 09:00" in (outcome.last_error or "")
    assert outcome.failed == len(notes.recorded) <= 60
    assert outcome.failed + outcome.left == 200


def test_a_keycloak_that_is_down_is_asked_a_few_times_and_the_rest_left() -> None:
    def down(_keys: list[str]) -> None:
        raise KeycloakUnavailable("status 503")

    notes, keycloak = Notes(), Keycloak(down)
    outcome = go(plan(1000), keycloak, notes)
    assert len(keycloak.requests) <= 8
    assert (outcome.failed, outcome.left) == (len(notes.recorded), 1000 - len(notes.recorded))
    assert (notes.done, outcome.last_error) == ([], "status 503")


def test_one_user_that_breaks_every_request_keeps_no_other_from_being_written() -> None:
    def poisoned(keys: list[str]) -> None:
        if "p033" in keys:
            raise KeycloakUnavailable("status 500")

    notes = Notes()
    outcome = go(plan(100), Keycloak(poisoned), notes)
    assert (outcome.done["create"], outcome.failed, outcome.left) == (99, 1, 0)
    assert "p033" not in notes.done


def test_somebody_whose_number_is_anothers_is_a_conflict_and_the_others_go_on() -> None:
    notes, keycloak = Notes(), Keycloak()
    notes.refused = {"p007"}
    outcome = go(plan(40), keycloak, notes)
    assert [(a.subject.key, "another person's" in why) for a, why in outcome.conflicts] == [("p007", True)]
    assert (outcome.done["create"], "p007" in keycloak.asked) == (39, False)


@pytest.mark.parametrize("status", [Status.CONFLICT, Status.NOT_OWNED, Status.INVALID, Status.ABSENT])
def test_what_a_person_must_look_at(status: Status) -> None:
    notes = Notes()

    def answer(keys: list[str]) -> list[Result]:
        return [Result(status if key == "p001" else Status.UPDATED, "x") for key in keys]

    outcome = go(plan(3, Kind.UPDATE), Keycloak(answer), notes)
    assert [(a.subject.key, bool(why)) for a, why in outcome.conflicts] == [("p001", True)]
    assert (sorted(notes.done), outcome.partial) == (["p000", "p002"], False)


@pytest.mark.parametrize("kind", [Kind.DISABLE, Kind.PURGE])
def test_a_user_that_is_not_there_is_closed_and_gone(kind: Kind) -> None:
    outcome = go(plan(1, kind), Keycloak(lambda keys: [Result(Status.ABSENT)]), Notes())
    assert (outcome.done[kind.value], outcome.conflicts) == (1, [])


def test_who_is_closed_although_something_of_theirs_is_wrong_is_closed_and_told() -> None:
    notes, wrong = Notes(), Result(Status.DISABLED, "x", "content not written: email error-invalid-email")
    outcome = go(plan(1, Kind.DISABLE), Keycloak(lambda keys: [wrong]), notes)
    assert (outcome.done["disable"], notes.done) == (1, ["p000"])
    assert [why for _, why in outcome.conflicts] == [wrong.reason]


def test_a_row_that_failed_is_owed_and_the_run_partial() -> None:
    def answer(keys: list[str]) -> list[Result]:
        return [Result(Status.FAILED if key == "p001" else Status.CREATED, "x", "deadlock") for key in keys]

    notes = Notes()
    keycloak = Keycloak(answer)
    outcome = go(plan(3), keycloak, notes)
    assert (outcome.done["create"], outcome.failed, outcome.last_error) == (2, 1, "deadlock")
    assert keycloak.requests == [["p000", "p001", "p002"], ["p001"]]
    assert "p001" not in notes.done


def test_a_row_that_failed_once_is_done_at_the_second_try() -> None:
    left = ["p001"]

    def answer(keys: list[str]) -> list[Result]:
        failed = left.pop() if left else ""
        return [Result(Status.FAILED if key == failed else Status.CREATED, "x") for key in keys]

    notes = Notes()
    outcome = go(plan(3), Keycloak(answer), notes)
    assert (outcome.done["create"], outcome.partial, sorted(notes.recorded)) == (
        3,
        False,
        ["p000", "p001", "p002"],
    )


def test_a_request_of_which_every_row_failed_is_no_answer() -> None:
    notes, keycloak = (
        Notes(),
        Keycloak(lambda keys: [Result(Status.FAILED, None, "no database") for _ in keys]),
    )
    outcome = go(plan(500), keycloak, notes)
    assert (notes.done, outcome.last_error, outcome.left > 0) == ([], "no database", True)


@pytest.mark.parametrize("error", [StaleFence(2), ConfigurationError("no JAR", "install it")])
def test_what_stops_everything_at_once(error: Exception) -> None:
    def answer(_keys: list[str]) -> None:
        raise error

    keycloak, notes = Keycloak(answer), Notes()
    with pytest.raises(type(error)):
        go(plan(500), keycloak, notes)
    assert len(keycloak.requests) <= 3
    assert notes.done == []


def test_a_run_that_lost_its_turn_stops() -> None:
    notes, keycloak = Notes(), Keycloak()
    notes.fails = Superseded()
    with pytest.raises(Superseded):
        go(plan(500), keycloak, notes)
    assert len(keycloak.requests) <= 3


def test_progress_adds_up() -> None:
    counted: list[int] = []
    chunks = [[action(1), action(2, Kind.NOTHING), action(3)], [action(4, Kind.NOTHING)]]
    journal = cast(Journal, Notes())
    apply(chunks, lambda: cast(Any, Keycloak()), journal, lambda: NOW, counted.append)
    assert sum(counted) == 4
