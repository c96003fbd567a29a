"""Whether mails can leave as soon after an enrolment as people are promised."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError

from kc_bridge.domain.promise import PROMISED, longest_wait
from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.settings import Settings
from kc_bridge.store.database import open_engine, session_factory
from kc_bridge.store.sync import SyncRun

__all__ = ["enrolment_to_mail"]

RUNS = 50
"""Recent runs whose duration is looked at: some hours' worth, the day's import among them."""


def enrolment_to_mail(installation: Installation) -> Finding:
    """The scheduler's intervals, and how long runs have lasted of late, leave a mail time to keep the promise."""
    settings = installation.settings
    run = _longest_run(settings)
    wait = longest_wait(settings.sync_every, settings.outbox_every, run)
    said = f"at most {_minutes(wait)} from an enrolment to its mail (runs last up to {run.seconds} s)"
    if wait <= PROMISED:
        return Finding("ok", said)
    return Finding(
        "warn",
        f"{said}; people are promised {_minutes(PROMISED)}",
        f"Shorten sync_every (now {_minutes(settings.sync_every)}) or outbox_every"
        f" (now {_minutes(settings.outbox_every)}); where runs are long, let the source export changes only.",
    )


def _longest_run(settings: Settings) -> timedelta:
    """Of the recent runs; none when there is no database to ask, which « database » says."""
    file = make_url(settings.database_url).database
    if (
        settings.database_url.startswith("sqlite") and not Path(file or "").exists()
    ):  # opening it would make it
        return timedelta()
    ended = select(SyncRun).where(SyncRun.finished_at.is_not(None)).order_by(SyncRun.id.desc()).limit(RUNS)
    try:
        with session_factory(open_engine(settings.database_url))() as db:
            return max(
                (run.finished_at - run.started_at for run in db.scalars(ended) if run.finished_at),
                default=timedelta(),
            )
    except SQLAlchemyError:
        return timedelta()


def _minutes(duration: timedelta) -> str:
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
