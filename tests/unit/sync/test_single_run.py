from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from kc_bridge.store.database import open_engine
from sync.lock import AlreadyRunning, single_run
from tests.support.sync_world import World, student


def _hold(url: str, ready: multiprocessing.synchronize.Event) -> None:
    with single_run(open_engine(url)):
        ready.set()
        signal.pause()


def test_another_process_waits_for_nobody_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kcb.db'}"
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    other = context.Process(target=_hold, args=(url, ready))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(AlreadyRunning), single_run(open_engine(url)):
            pass
    finally:
        os.kill(other.pid or 0, signal.SIGKILL)
        other.join()
    with single_run(open_engine(url)):
        pass


def test_a_run_beside_a_run_does_nothing(world: World) -> None:
    world.students([student(1)])
    with single_run(world.database), pytest.raises(AlreadyRunning):
        world.run()
    assert world.directory.held == {}
    assert world.run().status == "ok"
