"""« L'activation […] sera possible 15 minutes après la validation de votre inscription »: by the scheduler's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from kc_bridge.domain.promise import PROMISED, longest_wait
from kc_bridge.mailer import send_waiting
from sync.clockwork import Job
from sync.scheduler import the_jobs
from tests.support.sync_world import World, student

ADDRESS = "nouvelle@courriel.example"


class Postbox:
    """Takes what the outbox sends."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        self.letters.append(message)


def firings(jobs: list[Job], start: datetime) -> Iterator[tuple[datetime, Job]]:
    """When each job runs, in order; all at the start, as the scheduler has it."""
    due = {job.name: (start, job) for job in jobs}
    while True:
        name = min(due, key=lambda each: (due[each][0], each))
        at, job = due[name]
        yield at, job
        due[name] = (at + job.every, job)


@pytest.mark.parametrize("after", [timedelta(milliseconds=1), timedelta(minutes=4, seconds=59)])
def test_from_the_row_to_the_mail(world: World, after: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written at the worst moment, just after a run has read the file, and at a lucky one."""
    before = student(22600001)
    world.students([before])
    monkeypatch.setattr("sync.scheduler.housekeeping_job", lambda _settings: lambda: None)
    jobs = the_jobs(world.settings, world.engine(), world.database)
    start, postbox = world.now, Postbox()
    written: datetime | None = None
    for at, job in firings(jobs, start):
        if written is None and at > start + after:
            written = start + after
            world.students([before, student(22600002, ine="1234567890A", mail=ADDRESS)])
        world.now = at
        if job.name == "sync":
            job.do()
            assert world.last_run().status == "ok"
        else:
            send_waiting(world.settings, world.sessions, lambda: world.now, postbox)
        if any(letter["To"] == ADDRESS for letter in postbox.letters):
            break
        assert at < start + 2 * PROMISED, "no mail at all"
    assert written is not None
    waited = world.now - written
    settings = world.settings
    assert waited <= longest_wait(settings.sync_every, settings.outbox_every) <= PROMISED
