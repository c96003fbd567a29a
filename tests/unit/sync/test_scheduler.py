from __future__ import annotations

import signal
import threading
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from sync.lock import single_run
from sync.scheduler import make_scheduler, serve, sync_job
from tests.support.sync_world import World, student


def test_jobs_run_at_the_intervals_of_the_settings(world: World) -> None:
    scheduler = make_scheduler(world.settings, lambda: None, lambda: None)
    jobs = {job.id: job for job in scheduler.get_jobs()}
    assert jobs["sync"].trigger.interval == world.settings.sync_every
    assert jobs["outbox"].trigger.interval == world.settings.outbox_every
    assert jobs["housekeeping"].trigger.interval == world.settings.housekeeping_every


def test_what_stops_a_run_is_logged_and_the_next_goes_on(world: World) -> None:
    job = sync_job(world.engine())
    world.students_file.write_text("")
    with capture_logs() as logs:
        job()
        world.students([student(1)])
        with single_run(world.database):
            job()
        job()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("sync stopped", "error"),
        ("sync skipped", "info"),
        ("sync done", "info"),
    ]
    assert logs[2]["done"] == {"create": 2}


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_scheduler_syncs_at_once_and_stops_when_told(
    world: World, stop: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settings.outbox_every = timedelta(hours=1)
    done = threading.Event()
    monkeypatch.setattr("sync.scheduler.send_waiting", lambda *_: 0)
    monkeypatch.setattr("sync.scheduler.sync_job", lambda _engine: done.set)
    main = threading.main_thread().ident or 0
    watcher = threading.Thread(target=lambda: done.wait(60) and signal.pthread_kill(main, stop))
    watcher.start()
    serve(world.settings, world.engine(), world.database)
    watcher.join()
    assert done.is_set()
