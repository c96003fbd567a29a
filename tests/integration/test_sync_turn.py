"""Whose turn it is, on PostgreSQL, between real processes: killed, stopped and continued."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection, wait

import pytest
from sqlalchemy import text

from kc_bridge.store.database import open_engine, session_factory, upgrade
from kc_bridge.store.sync import Quarantine
from sync.turns.lock import AlreadyRunning, Superseded, latest_run, single_run
from tests.support.postgres import PostgresServer

SOON = timedelta(milliseconds=300)
"""The silence of one who is stopped for good."""
ALIVE = timedelta(seconds=4)
"""The silence in which one who lives has had a processor, however busy the machine."""
FORK = multiprocessing.get_context("fork")


def pause(_busy: AlreadyRunning) -> None:
    """Between two tries."""
    threading.Event().wait(0.02)


def leader(url: str, silence: timedelta, pipe: Connection) -> None:
    """A process that takes the turn, begins a transaction when told, then tries to write."""
    engine = open_engine(url)
    with session_factory(engine)() as holding, single_run(engine, silence=silence, waiting=pause) as lease:
        pipe.send(lease.fence)
        if pipe.recv() == "hold a row":
            holding.execute(text("LOCK TABLE quarantine IN ACCESS EXCLUSIVE MODE"))
            pipe.send("held")
            pipe.recv()
        try:
            with session_factory(engine).begin() as session:
                lease.check(session)
                pipe.send("writes")
        except Superseded:
            pipe.send("superseded")


@contextmanager
def other(url: str, silence: timedelta) -> Iterator[tuple[int, Connection]]:
    """Its process id, and the pipe to talk to it; it has the turn."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=leader, args=(url, silence, theirs))
    process.start()
    theirs.close()
    try:
        yield process.pid or 0, ours
    finally:
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> str:
    address = postgres.database("turn")
    upgrade(open_engine(address))
    return address


def test_a_killed_leader_holds_nothing(url: str) -> None:
    with other(url, timedelta(minutes=1)) as (pid, pipe):
        first = pipe.recv()
        with pytest.raises(AlreadyRunning, match=f":{pid} since"), single_run(open_engine(url)):
            pass
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with single_run(open_engine(url), waiting=pause) as lease:  # PostgreSQL has to notice first
            assert lease.fence > first


def test_a_stopped_leader_is_relieved_even_of_its_transactions_and_writes_no_more(url: str) -> None:
    engine = open_engine(url)
    with other(url, SOON) as (pid, pipe):
        first = pipe.recv()
        pipe.send("hold a row")
        assert pipe.recv() == "held"
        os.kill(pid, signal.SIGSTOP)
        with single_run(engine, silence=SOON, waiting=pause) as lease:
            assert lease.fence > first
            with session_factory(engine).begin() as session:
                session.execute(text("SET LOCAL lock_timeout = '60s'"))
                session.add(
                    Quarantine(
                        source="s", file="f", line=1, problem="p", remedy="r", seen_at=datetime.now(UTC)
                    )
                )
            os.kill(pid, signal.SIGCONT)
            pipe.send("write")
            assert pipe.recv() == "superseded"
            assert (latest := latest_run(engine)) is not None
            assert (latest.id, latest.status) == (lease.run_id, "running")


def test_a_leader_that_gives_signs_of_life_keeps_its_turn(url: str) -> None:
    with other(url, ALIVE) as (_, pipe):
        pipe.recv()
        tries: list[AlreadyRunning] = []

        def enough(busy: AlreadyRunning) -> None:
            tries.append(busy)
            pause(busy)
            run = latest_run(open_engine(url))
            assert run is not None
            assert run.heartbeat_at is not None
            if run.heartbeat_at > run.started_at + 1.5 * ALIVE:
                raise TimeoutError

        with (
            pytest.raises(TimeoutError),
            single_run(open_engine(url), silence=ALIVE, waiting=enough),
        ):
            pass
        assert all(busy.silent is None for busy in tries)
        pipe.send("write")
        assert pipe.recv() == "writes"


def test_two_who_wait_for_a_stopped_leader_do_not_relieve_each_other(url: str) -> None:
    """One takes the place of the stopped one, the other waits for that one to end."""
    with other(url, SOON) as (pid, pipe):
        fences = [pipe.recv()]
        os.kill(pid, signal.SIGSTOP)
        with other(url, ALIVE) as (_, second), other(url, ALIVE) as (_, third):
            (first_of_them, *_) = wait([second, third])
            last = third if first_of_them is second else second
            for each in (first_of_them, last):
                assert isinstance(each, Connection)
                fences.append(each.recv())
                each.send("write")
                assert each.recv() == "writes"
    assert fences == sorted(set(fences))
