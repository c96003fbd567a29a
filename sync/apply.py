"""Doing what a plan says: many users a request, some requests at a time, as fast as Keycloak likes; what fails is told,
never lost.

Each piece of the plan is recorded here as owed, written to Keycloak, and noted here as done. A run that dies anywhere in
between is repaired by the next one: what is owed is written again, which does no harm.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice

from sqlalchemy.exc import IntegrityError

from kc_bridge.domain.clock import Clock
from kc_bridge.domain.errors import KeycloakUnavailable
from kc_bridge.ports import Directory, Result, Status
from sync.plan import Action
from sync.writing import pace
from sync.writing.journal import Journal
from sync.writing.outcome import Outcome, Verdict, verdict, write_of

__all__ = ["apply"]

ALONE = 3
"""How often a user whose request fails even alone is tried, while others succeed."""
TAKEN = Result(
    Status.CONFLICT,
    reason="one of its numbers, names or records is already another person's in the bridge's own database",
)


@dataclass(slots=True)
class _Piece:
    """Some actions that go through together; one thread at a time has it."""

    actions: Sequence[Action]
    recorded: bool = False
    alone: int = 0
    """How often it failed as a single action."""
    second_try: bool = False
    """What failed in a request of which the rest was done."""

    def halves(self) -> list[_Piece]:
        """To try again with: the one that cannot be done keeps no other from it."""
        middle = len(self.actions) // 2
        if middle == 0:
            return [_Piece(self.actions, self.recorded, self.alone + 1)]
        return [_Piece(part, self.recorded) for part in (self.actions[:middle], self.actions[middle:])]


@dataclass(frozen=True, slots=True)
class _Answer:
    results: list[tuple[Action, Result]]
    users: int
    seconds: float


class _Unanswered(Exception):
    """Keycloak said nothing of a piece that is recorded here."""

    def __init__(self, cause: KeycloakUnavailable) -> None:
        super().__init__(str(cause))
        self.cause = cause


def apply(
    chunks: Iterable[Sequence[Action]],
    directory: Callable[[], Directory],
    journal: Journal,
    clock: Clock,
    on_done: Callable[[int], None] = lambda _done: None,
    *,
    parallel: int = 4,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Applies every action of ``chunks``, which are read in this thread, little ahead of the work.

    ``directory`` is called when there is something to write; ``on_done`` with the number of actions done since the last
    call. Nothing a failing Keycloak does is raised; :class:`kc_bridge.ports.StaleFence`, :class:`sync.turns.lock.Superseded`,
    :class:`ConfigurationError` and errors of the database are, once every request under way has ended.
    """
    run = _Run(chunks, directory, journal, clock, on_done, parallel)
    with ThreadPoolExecutor(parallel, thread_name_prefix="kcb-sync") as pool:
        while run.fill(pool):
            run.collect(sleep)
    if not run.outcome.partial:
        run.outcome.last_error = None  # whatever it was has passed
    return run.outcome


class _Run:
    def __init__(
        self,
        chunks: Iterable[Sequence[Action]],
        directory: Callable[[], Directory],
        journal: Journal,
        clock: Clock,
        on_done: Callable[[int], None],
        parallel: int,
    ) -> None:
        self.outcome = Outcome()
        self._actions: Iterator[Action] = chain.from_iterable(chunks)
        self._open = directory
        self._directory: Directory | None = None
        self._journal, self._clock, self._on_done = journal, clock, on_done
        self._limits = pace.Limits(parallel, pace.FIRST)
        self._pace = pace.begin(self._limits)
        self._again: deque[_Piece] = deque()
        self._under_way: dict[Future[_Answer], tuple[_Piece, int]] = {}
        self._given_up = False

    def fill(self, pool: ThreadPoolExecutor) -> bool:
        """Sends what the pace allows; False when nothing is left under way."""
        while not self._given_up and self._pace.wait == 0 and len(self._under_way) < int(self._pace.window):
            piece = self._next()
            if piece is None:
                break
            self._under_way[pool.submit(self._do, piece)] = piece, self._pace.round
        if self._given_up and not self._under_way:
            self._leave_the_rest()
        return bool(self._under_way or (self._pace.wait and not self._given_up))

    def collect(self, sleep: Callable[[float], None]) -> None:
        """Takes in answers; when there is a pause to make, after the last of them."""
        if not self._under_way:
            sleep(self._pace.wait)
            self._pace = pace.rested(self._pace)
            return
        finished, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        for future in finished:
            piece, sent_in = self._under_way.pop(future)
            self._take(future, piece, sent_in)

    def _next(self) -> _Piece | None:
        if self._again:
            return self._again.popleft()
        actions = list(islice(self._actions, self._pace.size))
        if self._directory is None and any(write_of(action) for action in actions):
            self._directory = self._open()
            self._limits = pace.Limits(self._limits.parallel, self._directory.batch)
            self._pace = pace.begin(self._limits)
            self._actions = chain(actions, self._actions)
            actions = list(islice(self._actions, self._pace.size))
        return _Piece(actions) if actions else None

    def _do(self, piece: _Piece) -> _Answer:
        """In a thread of the pool."""
        if not piece.recorded:
            self._journal.record(piece.actions, self._clock())
            piece.recorded = True
        writes = [(action, write) for action in piece.actions if (write := write_of(action))]
        if not writes:
            return _Answer([], 0, 0.0)
        assert self._directory is not None
        began = time.monotonic()
        try:
            results = self._directory.write([write for _, write in writes], self._journal.lease.fence)
        except KeycloakUnavailable as error:
            raise _Unanswered(error) from error
        seconds = time.monotonic() - began
        answered = [(action, result) for (action, _), result in zip(writes, results, strict=True)]
        if len(answered) > 1 and all(result.status is Status.FAILED for result in results):
            raise _Unanswered(KeycloakUnavailable(results[0].reason))
        done = [pair for pair in answered if verdict(*pair) is Verdict.DONE]
        self._journal.applied(done, self._clock())
        return _Answer(answered, len(answered), seconds)

    def _take(self, future: Future[_Answer], piece: _Piece, sent_in: int) -> None:
        try:
            answer = future.result()
        except _Unanswered as error:
            self._failed(piece, sent_in, error.cause)
        except IntegrityError:
            if len(piece.actions) > 1:
                self._again.extend(piece.halves())
            else:
                self._count([(piece.actions[0], TAKEN)])
        else:
            if answer.users:
                self._pace = pace.after_answer(self._pace, self._limits, answer.seconds, answer.users)
            self._on_done(len(piece.actions) - len(answer.results))
            self._count(self._kept(answer.results, piece))

    def _kept(self, results: list[tuple[Action, Result]], piece: _Piece) -> list[tuple[Action, Result]]:
        """The answers that count; what failed beside others that did not is tried once more."""
        failed = [action for action, result in results if result.status is Status.FAILED]
        if not failed or piece.second_try:
            return results
        self._again.append(_Piece(failed, recorded=True, second_try=True))
        return [pair for pair in results if pair[1].status is not Status.FAILED]

    def _failed(self, piece: _Piece, sent_in: int, error: KeycloakUnavailable) -> None:
        self._pace = pace.after_failure(
            self._pace,
            self._limits,
            sent_in,
            error.retry_after,
            random.random(),  # noqa: S311
        )
        self.outcome.last_error = str(error)
        if self._pace.wait > pace.LONGEST_WAIT:
            back = self.outcome.come_back = self._clock() + timedelta(seconds=self._pace.wait)
            self.outcome.last_error += f"; it asks to be left alone until {back:%Y-%m-%d %H:%M:%S %Z}"
        self._given_up = self._given_up or pace.gives_up(self._pace)
        if piece.alone + 1 >= ALONE:
            self._count([(piece.actions[0], Result(Status.FAILED, reason=str(error)))])
        else:
            self._again.extend(piece.halves())

    def _count(self, results: Iterable[tuple[Action, Result]]) -> None:
        for action, result in results:
            self.outcome.add(action, result)
            self._on_done(1)

    def _leave_the_rest(self) -> None:
        self.outcome.failed += sum(len(piece.actions) for piece in self._again)
        self._again.clear()
        self.outcome.left = sum(1 for _ in self._actions)
