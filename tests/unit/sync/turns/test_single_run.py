"""One run at a time beside SQLite: who holds the lock is named, dead or stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kc_bridge.store.database import open_engine
from sync.turns.heartbeat import Pulse, beating
from sync.turns.lock import SILENCE, AlreadyRunning, Lease, Superseded, single_run
from sync.turns.turn import turn_of
from tests.support.sync_world import World, student

FORK = multiprocessing.get_context("fork")


def _hold(url: str, ready: multiprocessing.synchronize.Event) -> None:
    with single_run(open_engine(url)):
        ready.set()
        signal.pause()


@contextmanager
def holder(world: World) -> Iterator[int]:
    """The id of another process that has the turn."""
    ready = FORK.Event()
    process = FORK.Process(target=_hold, args=(world.settings.database_url, ready))
    process.start()
    try:
        assert ready.wait(60)
        yield process.pid or 0
    finally:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()


def test_another_process_is_named_and_a_dead_one_holds_nothing(world: World) -> None:
    with (
        holder(world) as pid,
        pytest.raises(AlreadyRunning, match=rf":{pid} since .* UTC\. Nothing to do"),
        single_run(open_engine(world.settings.database_url)),
    ):
        pass
    with single_run(open_engine(world.settings.database_url)):
        pass


def test_a_stopped_one_is_named_with_what_to_do(world: World) -> None:
    with holder(world) as pid:
        os.kill(pid, signal.SIGSTOP)
        later = world.last_run().started_at + timedelta(minutes=7)
        with (
            pytest.raises(AlreadyRunning, match=r"no sign of life for 4[12]. s") as caught,
            single_run(world.database, lambda: later),
        ):
            pass
        assert f":{pid}" in str(caught.value)
        assert "kill -KILL" in str(caught.value)


def test_whoever_waits_runs_when_the_other_has_ended(world: World) -> None:
    told: list[AlreadyRunning] = []
    world.students([student(1)])
    with holder(world) as pid:

        def waiting(busy: AlreadyRunning) -> None:
            told.append(busy)
            os.kill(pid, signal.SIGKILL)

        world.engine().run(waiting=waiting)
    assert (told[0].holder or "").endswith(f":{pid}")
    assert world.last_run().status == "ok"


def test_a_run_beside_a_run_does_nothing(world: World) -> None:
    world.students([student(1)])
    with single_run(world.database), pytest.raises(AlreadyRunning):
        world.run()
    assert world.directory.open == {}
    assert world.run().status == "ok"


def test_a_lease_counts_until_a_later_run_begins(world: World) -> None:
    with single_run(world.database, lambda: world.now) as first, world.sessions() as session:
        first.check(session)
    with single_run(world.database, lambda: world.now - timedelta(days=1)) as second:
        assert second.fence > first.fence  # whatever the clock says
        with world.sessions() as session:
            second.check(session)
            with pytest.raises(Superseded):
                first.check(session)


def test_signs_of_life_go_on_until_the_run_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    beats = threading.Semaphore(0)
    pulse = Pulse()
    with beating(beats.release, timedelta(milliseconds=2), pulse):
        for _ in range(3):
            assert beats.acquire(timeout=60)
    monkeypatch.setattr("sync.turns.heartbeat.STUCK", timedelta(seconds=-1))
    assert pulse.weak
    while beats.acquire(blocking=False):
        pass
    with beating(beats.release, timedelta(milliseconds=2), pulse):
        assert not beats.acquire(timeout=0.1)


def test_every_step_of_a_run_is_felt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    felt: list[int] = []
    monkeypatch.setattr(Pulse, "felt", lambda _self: felt.append(1))
    world.students([student(1)])
    world.run()
    assert len(felt) > 5
    assert Lease(1, 1) == Lease(1, 1)


def test_a_lock_beside_a_database_without_a_run_says_so(tmp_path: Path, world: World) -> None:
    with single_run(world.database):
        busy = AlreadyRunning()
    assert str(busy) == "Another sync is running. Nothing to do: it reads the same sources."


def test_a_database_that_is_busy_for_a_while_ends_no_signs_of_life(world: World) -> None:
    world.students([student(1)])
    world.run()
    run, later = world.last_run(), world.now + timedelta(minutes=1)
    with turn_of(world.database, SILENCE) as turn:
        for name in (("sync_run", "away"), ("away", "sync_run")):
            with world.database.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE {} RENAME TO {}".format(*name))
            turn.beat(run.id, later)
    assert world.last_run().heartbeat_at == later
