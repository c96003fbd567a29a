"""What is done at intervals besides the sync and the mails."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import structlog
from structlog.testing import capture_logs

from kc_bridge import housekeeping
from kc_bridge.services import Services
from tests.support.bridge import FixedClock, make_app, services_of


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger that was used before keeps where it wrote to."""
    monkeypatch.setattr(housekeeping, "log", structlog.get_logger())


def test_every_job_there_is_runs_on_an_empty_bridge(tmp_path: Path) -> None:
    kcb = services_of(make_app(tmp_path, FixedClock()))
    with capture_logs() as logs:
        housekeeping.tidy(kcb)
    assert logs == []
    for where in housekeeping.JOBS.values():
        module, _, name = where.partition(":")
        assert callable(getattr(import_module(module), name))


def test_one_that_fails_keeps_no_other_from_its_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_kcb: Services) -> int:
        raise RuntimeError("camille@perso.example")

    jobs = ModuleType("jobs")
    jobs.broken, jobs.works = broken, lambda _kcb: 3  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jobs", jobs)
    monkeypatch.setattr(housekeeping, "JOBS", {"one": "jobs:broken", "other": "jobs:works"})
    kcb = services_of(make_app(tmp_path, FixedClock()))
    with capture_logs() as logs:
        housekeeping.tidy(kcb)
    assert [(line["event"], line["job"], line.get("count")) for line in logs] == [
        ("housekeeping failed", "one", None),
        ("housekeeping", "other", 3),
    ]
