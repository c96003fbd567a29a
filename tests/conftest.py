"""Rules for the whole test run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.counts import SOAK
from tests.support.keycloak import RunningKeycloak, own_home, shared
from tests.support.postgres import PostgresServer

ALLOWED_SKIPS = ("soak:",)
"""Reasons (their beginning) for which a test may be skipped; any other means a missing part, which is a failure."""

# The same examples at every run, however slow the machine; a soak draws new ones.
settings.register_profile(
    "kcb", derandomize=not SOAK, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kcb")

_forbidden: list[str] = []


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(ALLOWED_SKIPS):
            _forbidden.append(f"{report.nodeid}: {reason}")


pytest_runtest_logreport = _note
pytest_collectreport = _note


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _forbidden and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _forbidden:
        terminalreporter.section("skipped without an allowed reason", red=True)
        for line in _forbidden:
            terminalreporter.line(line)


HOME = pytest.StashKey[str]()


def _home_for_workers(config: pytest.Config) -> str:
    """With ``-n`` the first process of the run owns the Keycloak that its workers share."""
    if HOME not in config.stash:
        owned = ExitStack()
        config.stash[HOME] = str(owned.enter_context(own_home()))
        config.add_cleanup(owned.close)
    return config.stash[HOME]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["keycloak_home"] = _home_for_workers(node.config)


@pytest.fixture(scope="session")
def keycloak(request: pytest.FixtureRequest) -> Iterator[RunningKeycloak]:
    """A real Keycloak with the JAR of this checkout, in ``.test/``; tests may stay in it at once, and none restarts it.

    ``KCB_TEST_KEYCLOAK='{"url": …, "username": …, "password": …, "log": …}'`` uses one that runs already.
    """
    given, worker = os.environ.get("KCB_TEST_KEYCLOAK"), getattr(request.config, "workerinput", None)
    if given:
        yield RunningKeycloak.from_json(given)
    elif worker:
        yield shared(Path(worker["keycloak_home"]))
    else:
        with own_home() as home:
            yield shared(home)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, one a process; every user of it takes databases of its own."""
    server = PostgresServer()
    server.start()
    yield server
    server.stop()
