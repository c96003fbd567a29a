"""Figures for Prometheus, as it scrapes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.sync import SyncRun
from sync.guard import PlanRefused
from sync.metrics import serve_metrics
from tests.support.ports import free_port
from tests.support.sync_world import World, student

Figures = dict[str, float]


class Scraped:
    """A scheduler's figures, asked for over HTTP."""

    def __init__(self, world: World) -> None:
        self.port = free_port()
        self.world = world
        settings = world.settings.model_copy(update={"metrics_port": self.port})
        self.stop = serve_metrics(settings, world.database, lambda: world.now)

    def figures(self) -> Figures:
        """By name and labels: ``kcb_sync_rows{source=apogee}``."""
        answer = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=30)
        answer.raise_for_status()
        found: Figures = {}
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return found


@pytest.fixture
def scraped(world: World) -> Iterator[Scraped]:
    made = Scraped(world)
    yield made
    made.stop()


def test_before_the_first_run(scraped: Scraped) -> None:
    figures = scraped.figures()
    assert figures["kcb_scheduler_leader"] == 0
    assert figures["kcb_outbox_waiting{channel=mail}"] == 0
    assert "kcb_sync_last_success_timestamp_seconds" not in figures  # none, rather than 1970


def test_after_a_run(scraped: Scraped, world: World) -> None:
    world.students([student(1), student(2, birth="31/02/2006"), student(3, first="Zoé")])
    world.run()
    began = world.now.timestamp()
    world.now += timedelta(minutes=10)
    figures = scraped.figures()
    assert figures["kcb_scheduler_leader"] == 1
    assert figures["kcb_sync_last_success_timestamp_seconds"] == began
    assert figures["kcb_sync_started_timestamp_seconds"] == began
    assert figures["kcb_sync_duration_seconds"] == 0
    assert figures["kcb_sync_status{status=ok}"] == 1
    assert figures["kcb_sync_status{status=failed}"] == 0
    assert figures["kcb_sync_refused"] == 0
    assert figures["kcb_sync_rows{source=apogee}"] == 3
    assert figures["kcb_sync_rows_changed{source=apogee}"] == 2
    assert figures["kcb_sync_rows_quarantined{source=apogee}"] == 1
    assert figures["kcb_sync_planned{kind=create}"] == figures["kcb_sync_done{kind=create}"] == 3
    assert figures["kcb_sync_planned{kind=disable}"] == 0
    assert (figures["kcb_sync_failed"], figures["kcb_sync_left"], figures["kcb_sync_conflicts"]) == (0, 0, 0)
    assert figures["kcb_outbox_waiting{channel=mail}"] == 3
    assert figures["kcb_outbox_oldest_seconds{channel=mail}"] == 600
    assert figures["kcb_outbox_dead{channel=mail}"] == 0


def test_a_refusal_a_failure_and_dead_letters_are_seen(scraped: Scraped, world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 31)])
    world.run()
    success = world.now.timestamp()
    with world.sessions.begin() as session:
        message = session.get_one(OutboxMessage, 1)
        message.state = "dead"
        message.channel = "webhook.badges"
    world.now += timedelta(minutes=5)
    world.students([student(n, first=f"P{n}", status="A") for n in range(1, 31)])
    with pytest.raises(PlanRefused):
        world.run()
    figures = scraped.figures()
    assert figures["kcb_sync_refused"] == 1
    assert figures["kcb_sync_last_success_timestamp_seconds"] == success
    assert figures["kcb_sync_planned{kind=disable}"] == 30
    assert figures["kcb_outbox_dead{channel=webhook.badges}"] == 1
    assert figures["kcb_outbox_waiting{channel=webhook.badges}"] == 0
    with world.sessions.begin() as session:
        session.add(
            SyncRun(started_at=world.now, status="running")
        )  # the next one, which makes the same plan
    assert scraped.figures()["kcb_sync_refused"] == 1


def test_another_process_leads(scraped: Scraped, world: World) -> None:
    with world.sessions.begin() as session:
        session.add(SyncRun(started_at=world.now, fence=1, holder="elsewhere:1"))
    figures = scraped.figures()
    assert figures["kcb_scheduler_leader"] == 0
    assert figures["kcb_sync_status{status=running}"] == 1


def test_nobody_listens_unless_asked(world: World) -> None:
    assert world.settings.metrics_port is None
    serve_metrics(world.settings, world.database)()
