"""Figures for Prometheus, read from the database when they are asked for: every scheduler answers the same, and one that
was just started too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, case, func, select
from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import LDAP
from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.settings import Settings
from kc_bridge.store.database import session_factory
from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.outbox import MAIL
from kc_bridge.store.sync import SyncRun
from sync.turns.lock import myself

__all__ = ["Figures", "registry", "serve_metrics"]

APPLIED = ("ok", "partial")
STATUSES = ("running", "ok", "partial", "refused", "failed")
CHANNELS = (MAIL, LDAP)
"""Told of even while nothing waits there; each receiver of webhooks has one of its own."""
BY_SOURCE = {
    "rows": ("kcb_sync_rows", "Rows read by the last run, by source"),
    "changed": ("kcb_sync_rows_changed", "Rows that were new or had changed in the last run, by source"),
    "quarantined": ("kcb_sync_rows_quarantined", "Rows that could not be used in the last run, by source"),
}
BY_KIND = {
    "planned": ("kcb_sync_planned", "Actions the last run planned, by kind"),
    "done": ("kcb_sync_done", "Actions of the last run that Keycloak did, by kind"),
}
LEFT = {
    "failed": ("kcb_sync_failed", "Users the last run could not write, and the next will"),
    "left": ("kcb_sync_left", "Users the last run did not try, because Keycloak had stopped answering"),
    "conflicts": ("kcb_sync_conflicts", "Users Keycloak holds otherwise than we may change"),
}


class Figures(Collector):
    """The names are documented in docs/metrics.md; dates are seconds since 1970."""

    def __init__(self, database: Engine, clock: Clock = system_clock) -> None:
        self._sessions = session_factory(database)
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """See :class:`prometheus_client.registry.Collector`."""
        now = self._clock()
        with self._sessions() as session:
            yield from _success(session)
            yield from _latest(session)
            yield from _outbox(session, now)

    def describe(self) -> Iterator[Metric]:
        """Names are not worth asking the database for at the start."""
        return iter(())


def registry(database: Engine, clock: Clock = system_clock) -> CollectorRegistry:
    """Only the bridge's own figures."""
    made = CollectorRegistry()
    made.register(Figures(database, clock))
    return made


def serve_metrics(settings: Settings, database: Engine, clock: Clock = system_clock) -> Callable[[], None]:
    """Answers on ``metrics_port``, if one is set; calling the answer ends that."""
    if settings.metrics_port is None:
        return lambda: None
    server, thread = start_http_server(
        settings.metrics_port, addr=settings.metrics_host, registry=registry(database, clock)
    )

    def _stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return _stop


def _success(session: Session) -> Iterator[Metric]:
    metric = GaugeMetricFamily(
        "kcb_sync_last_success_timestamp_seconds", "When the last run that was applied whole ended"
    )
    query = select(SyncRun.finished_at).where(SyncRun.status == "ok").order_by(SyncRun.id.desc()).limit(1)
    ended = session.scalar(query)
    if ended:
        metric.add_metric([], ended.timestamp())
    yield metric


def _latest(session: Session) -> Iterator[Metric]:
    latest = session.scalars(select(SyncRun).order_by(SyncRun.id.desc()).limit(1)).first()
    yield _gauge(
        "kcb_scheduler_leader",
        "1 if this process made, or makes, the last run",
        float(latest is not None and latest.holder == myself()),
    )
    if latest is None:
        return
    status = GaugeMetricFamily("kcb_sync_status", "1 for the status of the last run", labels=["status"])
    for each in STATUSES:
        status.add_metric([each], float(latest.status == each))
    yield status
    yield _gauge(
        "kcb_sync_started_timestamp_seconds", "When the last run began", latest.started_at.timestamp()
    )
    ended = _last_ended(session, latest)
    if ended is None or ended.finished_at is None:
        return
    yield _gauge(
        "kcb_sync_refused",
        "1 if the last plan was refused and waits for somebody",
        float(ended.status == "refused"),  # while the next run makes the same plan again, too
    )
    lasted = (ended.finished_at - ended.started_at).total_seconds()
    yield _gauge("kcb_sync_duration_seconds", "How long the last run that ended took", lasted)
    yield from _counts(ended)


def _last_ended(session: Session, latest: SyncRun) -> SyncRun | None:
    if latest.finished_at is not None:
        return latest
    query = select(SyncRun).where(SyncRun.finished_at.is_not(None)).order_by(SyncRun.id.desc())
    return session.scalars(query.limit(1)).first()


def _counts(run: SyncRun) -> Iterator[Metric]:
    sources = run.counts.get("sources", {})
    for key, (name, text) in BY_SOURCE.items():
        metric = GaugeMetricFamily(name, text, labels=["source"])
        for source, counts in sources.items():
            metric.add_metric([source], counts.get(key, 0))
        yield metric
    for key, (name, text) in BY_KIND.items():
        metric = GaugeMetricFamily(name, text, labels=["kind"])
        for kind, count in run.counts.get(key, {}).items():
            metric.add_metric([kind], count)
        yield metric
    for key, (name, text) in LEFT.items():
        yield _gauge(name, text, run.counts.get(key, 0))


def _outbox(session: Session, now: datetime) -> Iterator[Metric]:
    table = OutboxMessage
    unsent = case((table.state == "dead", "dead"), else_="waiting")
    query = (
        select(table.channel, unsent, func.count(), func.min(table.created_at))
        .where(table.state.in_(("waiting", "sending", "dead")))
        .group_by(table.channel, unsent)
    )
    found = {(channel, state): (count, oldest) for channel, state, count, oldest in session.execute(query)}
    channels = sorted({*CHANNELS, *(channel for channel, _ in found)})
    waiting = GaugeMetricFamily("kcb_outbox_waiting", "Messages not sent yet, by channel", labels=["channel"])
    dead = GaugeMetricFamily("kcb_outbox_dead", "Messages given up, by channel", labels=["channel"])
    age = GaugeMetricFamily(
        "kcb_outbox_oldest_seconds", "Age of the oldest message not sent yet, by channel", labels=["channel"]
    )
    for channel in channels:
        count, oldest = found.get((channel, "waiting"), (0, None))
        waiting.add_metric([channel], count)
        dead.add_metric([channel], found.get((channel, "dead"), (0, None))[0])
        age.add_metric([channel], max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
    yield from (waiting, dead, age)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
