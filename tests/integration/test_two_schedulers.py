"""Scenario 34: two schedulers on one PostgreSQL and a real Keycloak. The leader is killed, or stopped and continued, in
the middle of its writes: the other does the work, once, and what the first still sends counts for nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count as numbers
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kc_bridge.settings import Settings
from kc_bridge.store.database import open_engine
from kc_bridge.store.sync import SyncRun
from sync.commands.runs import engine_of
from sync.scheduler import serve
from tests.integration.kcb_realm import KcbRealm
from tests.support.counts import count
from tests.support.fault_proxy import FaultProxy
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.sync_world import World, student

FORK = multiprocessing.get_context("fork")
SILENCE = timedelta(seconds=6)
"""Longer than a busy machine leaves a process that lives without a processor."""
PEOPLE = 30
ROUNDS = count(1, 20)
PATIENCE = 120
"""Seconds after which a test gives up; nothing here takes more than a few."""


def until(holds: Callable[[], Any], what: str) -> Any:
    """What it answers, as soon as that is true."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, what
        threading.Event().wait(0.05)
    return found


def _schedule(settings: Settings, log: Path) -> None:
    """As ``kcb scheduler`` does."""
    with log.open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        database = open_engine(settings.database_url)
        serve(settings, engine_of(settings, database), database)


@contextmanager
def scheduler(settings: Settings, log: Path) -> Iterator[Any]:
    process = FORK.Process(target=_schedule, args=(settings, log))
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            os.kill(process.pid, signal.SIGCONT)
            os.kill(process.pid, signal.SIGTERM)
        process.join()


@dataclass
class HeldRequest:
    """The first request with users, kept back until somebody lets it go on."""

    arrived: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    answers: list[int] = field(default_factory=list)

    def __call__(self, handler: Any) -> None:
        self.arrived.set()
        self.goes_on.wait(PATIENCE)
        reply = handler.reply

        def noted(status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
            self.answers.append(status)
            reply(status, content, headers)

        handler.reply = noted
        with suppress(OSError):  # nobody is left to hear the answer
            handler.forward()


@pytest.fixture
def proxy(keycloak: Any) -> Iterator[FaultProxy]:
    made = FaultProxy(free_port(), keycloak.url)
    yield made
    made.stop()


@pytest.fixture
def world(realm: KcbRealm, proxy: FaultProxy, postgres: PostgresServer, tmp_path: Path) -> World:
    settings = realm.settings.model_copy(
        update={
            "database_url": postgres.database(f"schedulers_{next(NUMBER)}"),
            "keycloak_internal_url": proxy.url,
            "keycloak_timeout": timedelta(seconds=PATIENCE),
            "sync_every": timedelta(seconds=2),
            "sync_takeover_after": SILENCE,
            "outbox_every": timedelta(hours=1),
        }
    )
    return World(tmp_path, settings=settings)


NUMBER = numbers(1)


def runs(world: World, status: str) -> list[SyncRun]:
    with world.sessions() as session:
        query = select(SyncRun).where(SyncRun.status == status).order_by(SyncRun.id)
        return list(session.scalars(query))


def applied(world: World) -> list[SyncRun]:
    """Runs that wrote anything to Keycloak and ended."""
    return [run for status in ("ok", "partial") for run in runs(world, status) if run.counts["done"]]


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_one_applied_run(
    realm: KcbRealm, world: World, proxy: FaultProxy, tmp_path: Path, how: signal.Signals, number: int
) -> None:
    world.students([student(n, first=f"P{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(PEOPLE)])
    held = HeldRequest()
    with ExitStack() as stack, proxy.failing(held, "users/batch", times=1):
        started = [stack.enter_context(scheduler(world.settings, tmp_path / f"{n}.log")) for n in "ab"]
        by_pid = {process.pid: process for process in started}
        assert held.arrived.wait(PATIENCE)
        (first,) = runs(world, "running")
        leader = int((first.holder or "").rpartition(":")[2])
        os.kill(leader, how)

        (second,) = until(lambda: applied(world), "nobody took over")
        assert (second.status, second.counts["done"]) == ("ok", {"create": PEOPLE + 1})
        assert int((second.holder or "").rpartition(":")[2]) in by_pid.keys() - {leader}
        assert (second.fence or 0) > (first.fence or 0)
        before = users(realm)

        held.goes_on.set()  # what the first leader had sent arrives now
        if how is signal.SIGSTOP:
            os.kill(leader, signal.SIGCONT)
            gone = "taken over|later run"
            until(lambda: any(w in (run_of(world, first.id).error or "") for w in gone.split("|")), gone)
        until(lambda: held.answers, "the stale request was not answered")
        assert held.answers == [409]
        assert run_of(world, first.id).status == "failed"

        later = until(lambda: [run for run in runs(world, "ok") if run.id > second.id], "no run goes on")
        assert later[0].counts["planned"]["nothing"] == 0
        assert len(applied(world)) == 1
    assert users(realm) == before
    assert len(before) == PEOPLE + 1
    assert Counter(world.mails()).most_common(1)[0][1] == 1
    for process in started:
        assert process.exitcode == (-signal.SIGKILL if (process.pid, how) == (leader, signal.SIGKILL) else 0)
    for user_id in before:
        realm.call("DELETE", f"users/{user_id}")


def run_of(world: World, number: int) -> SyncRun:
    with world.sessions() as session:
        return session.get_one(SyncRun, number)


def users(realm: KcbRealm) -> dict[str, Any]:
    """Everybody Keycloak holds, with the digest of the last write."""
    found = realm.call("GET", "users", params={"max": 500, "briefRepresentation": False})
    return {user["id"]: user["attributes"]["kcbDigest"] for user in found}
