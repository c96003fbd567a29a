"""By schedule: one run an interval however many schedulers look, whatever the clock does."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from kc_bridge.store.sync import SyncRun
from sync.clockwork import Clockwork, Job
from sync.scheduler import look_every, serve, sync_job, the_jobs
from sync.turns.lock import NotDue, is_due, single_run
from tests.support.sync_world import World, student

FIVE = timedelta(minutes=5)


@pytest.fixture
def jobs(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Job]:
    monkeypatch.setattr("sync.scheduler.housekeeping_job", lambda _settings: lambda: None)
    world.settings.sync_every = FIVE
    world.settings = world.settings.model_copy(update={"sync_every": FIVE})
    return {job.name: job for job in the_jobs(world.settings, world.engine(), world.database)}


def test_jobs_run_at_the_intervals_of_the_settings(world: World, jobs: dict[str, Job]) -> None:
    assert jobs["sync"].every <= timedelta(seconds=10)
    assert jobs["outbox"].every == world.settings.outbox_every
    assert jobs["housekeeping"].every == world.settings.housekeeping_every


@pytest.mark.parametrize(
    ("every", "look"), [("300", 10), ("60", 6), ("30", 3), ("5", 1), ("0.5", 0.5), ("86400", 10)]
)
def test_a_scheduler_looks_often_whether_a_run_is_due(every: str, look: float) -> None:
    assert look_every(timedelta(seconds=float(every))) == timedelta(seconds=look)


def runs(world: World) -> int:
    return world.count(SyncRun)


def test_two_schedulers_make_one_run_an_interval(world: World, jobs: dict[str, Job]) -> None:
    other = sync_job(world.engine(), world.settings.sync_every - jobs["sync"].every)
    for look in range(28):
        (jobs["sync"].do if look % 2 else other)()
        world.now += timedelta(seconds=35)
    assert runs(world) == 4  # one at once, then one in each five minutes of a quarter of an hour


def test_a_missed_hour_is_one_run(world: World, jobs: dict[str, Job]) -> None:
    jobs["sync"].do()
    world.now += timedelta(hours=1)
    for _ in range(5):
        jobs["sync"].do()
    assert runs(world) == 2


def test_a_clock_that_goes_back_stops_nothing_and_opens_nobody(world: World, jobs: dict[str, Job]) -> None:
    """Scenario 35: an hour back there is one run more at once, not one less; then they go on by the new time."""
    world.students([student(1, year=2025)])
    world.on(2026, 12, 31, hour=20)
    jobs["sync"].do()
    world.now += timedelta(hours=5)  # 1 January, 02:00 in Paris
    jobs["sync"].do()
    assert sorted(world.directory.open.values()) == [False, True]
    world.now -= timedelta(hours=4)  # 31 December again
    jobs["sync"].do()
    jobs["sync"].do()
    assert runs(world) == 3
    fences = [world.last_run().fence or 0]
    world.now += FIVE
    jobs["sync"].do()
    fences.append(world.last_run().fence or 0)
    assert runs(world) == 4
    assert fences == sorted(set(fences))
    assert sorted(world.directory.open.values()) == [False, True]


@pytest.mark.parametrize(
    ("status", "age", "due"),
    [
        ("ok", timedelta(minutes=4, seconds=59), False),
        ("ok", FIVE, True),
        ("failed", timedelta(minutes=1), False),
        ("refused", timedelta(minutes=1), False),
        ("ok", timedelta(days=30), True),
        ("ok", -timedelta(seconds=1), True),
        ("running", timedelta(seconds=1), True),  # its process has died: we hold the lock
    ],
)
def test_when_a_run_is_due(world: World, status: str, age: timedelta, due: bool) -> None:
    assert is_due(SyncRun(status=status, started_at=world.now - age), world.now, FIVE) is due
    assert is_due(None, world.now, FIVE)


def test_a_run_that_died_is_done_again_at_once(world: World) -> None:
    world.students([student(1)])
    with world.sessions.begin() as session:
        session.add(SyncRun(started_at=world.now, fence=1))
    sync_job(world.engine(), FIVE)()
    assert (runs(world), world.last_run().status) == (2, "ok")
    with pytest.raises(NotDue), single_run(world.database, lambda: world.now, every=FIVE):
        pass


def test_what_stops_a_run_is_logged_and_the_next_goes_on(world: World) -> None:
    job = sync_job(world.engine())
    world.students_file.write_text("")
    with capture_logs() as logs:
        job()
        world.students([student(1)])
        with single_run(world.database, lambda: world.now):
            job()
            job()
            world.now += timedelta(minutes=3)
            job()
        job()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("sync stopped", "error"),
        ("sync skipped", "info"),  # told once
        ("sync skipped", "warning"),  # and once more when it gives no sign of life
        ("sync done", "info"),
    ]
    assert logs[1]["holder"] == logs[2]["holder"]
    assert logs[3]["done"] == {"create": 2}


def test_a_refusal_is_logged_with_how_to_approve_it(world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 31)])
    world.run()
    world.students([student(n, first=f"P{n}", status="A") for n in range(1, 31)])
    with capture_logs() as logs:
        sync_job(world.engine())()
    (refused,) = logs
    assert (refused["event"], refused["log_level"]) == ("sync refused", "error")
    assert refused["approve"] == f"kcb sync approve {world.last_run().plan_digest} --reason …"
    assert "close 30 of 31" in refused["reasons"][0]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_scheduler_syncs_at_once_and_stops_when_told(
    world: World, stop: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    monkeypatch.setattr("sync.scheduler.send_waiting", lambda *_: 0)
    monkeypatch.setattr("sync.scheduler.sync_job", lambda *_: done.set)
    main = threading.main_thread().ident or 0
    watcher = threading.Thread(target=lambda: done.wait(60) and signal.pthread_kill(main, stop))
    watcher.start()
    serve(world.settings, world.engine(), world.database)
    watcher.join()
    assert done.is_set()


def test_a_time_of_day_that_is_set_back_starves_no_job() -> None:
    """Scenario 35: APScheduler alone would wait for the hour to come round again."""
    times, done = {"wall": datetime.now(UTC), "steady": 100.0}, threading.Semaphore(0)
    clockwork = Clockwork(
        [Job("hourly", timedelta(hours=1), done.release)],
        clock=lambda: times["wall"],
        steady=lambda: times["steady"],
    )
    clockwork.start()
    assert done.acquire(timeout=60)
    times["wall"] += timedelta(seconds=10)
    times["steady"] += 10
    assert not clockwork.look()
    times["wall"] += timedelta(
        hours=5
    )  # ahead: whatever is due by the new time is begun by APScheduler itself
    assert not clockwork.look()
    times["wall"] -= timedelta(hours=6)
    with capture_logs() as logs:
        assert clockwork.look()
    assert [(entry["event"], entry["by"]) for entry in logs] == [("clock set back", 21_600.0)]
    assert done.acquire(timeout=60)
    assert not clockwork.look()
    clockwork.stop()


def test_a_job_that_fails_is_told_and_done_again() -> None:
    calls: list[int] = []
    twice = threading.Event()

    def breaks() -> None:
        calls.append(1)
        if len(calls) == 2:
            twice.set()
        raise ValueError

    with capture_logs() as logs:
        clockwork = Clockwork([Job("breaks", timedelta(milliseconds=1), breaks)])
        clockwork.start()
        assert twice.wait(60)
        clockwork.stop()
    assert {entry["event"] for entry in logs} == {"job failed"}


def test_a_job_that_lasts_holds_up_no_other() -> None:
    other, release = threading.Event(), threading.Event()
    clockwork = Clockwork(
        [
            Job("slow", timedelta(hours=1), lambda: release.wait(60)),
            Job("other", timedelta(hours=1), other.set),
        ]
    )
    clockwork.start()
    assert other.wait(60)
    release.set()
    clockwork.stop()
