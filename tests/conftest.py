"""Rules for the whole test run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from filelock import FileLock, Timeout

from kc_bridge.devserver import KeycloakServer, free_port
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).parents[1]

ALLOWED_SKIPS = ("soak:",)
"""Reasons (their beginning) for which a test may be skipped; any other means a missing part, which is a failure."""

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


@dataclass
class RunningKeycloak:
    """The server all tests share; every module makes realms of its own in it."""

    url: str
    admin_user: str
    admin_password: str
    log: Path
    """What the server prints."""
    server: KeycloakServer | None = None
    """None when it is somebody else's (``KCB_TEST_KEYCLOAK``), which no test may restart."""


@pytest.fixture(scope="session")
def keycloak() -> Iterator[RunningKeycloak]:
    """A real Keycloak with the JAR of this checkout, in ``.test/``.

    ``KCB_TEST_KEYCLOAK='{"url": …, "username": …, "password": …, "log": …}'`` uses one that runs already.
    """
    given = os.environ.get("KCB_TEST_KEYCLOAK")
    if given:
        values = json.loads(given)
        yield RunningKeycloak(
            values["url"], values["username"], values["password"], Path(values.get("log", os.devnull))
        )
        return
    home, lock = _free_home()
    server = KeycloakServer(home, free_port(), free_port())
    try:
        server.prepare()
        server.start()
        server.wait_ready()
        running = RunningKeycloak(
            server.public_url, server.admin_username, server.admin_password, server.log, server
        )
        _remove_realms_of_killed_runs(running)
        yield running
    finally:
        server.stop()
        lock.release()


def _free_home() -> tuple[Path, FileLock]:
    """A folder no other test run of this checkout uses now; kept afterwards, so that the next start is warm."""
    (ROOT / ".test").mkdir(exist_ok=True)
    for number in range(1, 10):
        home = ROOT / ".test" / f"keycloak-{number}"
        lock = FileLock(f"{home}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return home, lock
    raise RuntimeError("nine test runs at once in one checkout")


def _remove_realms_of_killed_runs(running: RunningKeycloak) -> None:
    grant = {"grant_type": "password", "client_id": "admin-cli"}
    grant |= {"username": running.admin_user, "password": running.admin_password}
    token_url = f"{running.url}/realms/master/protocol/openid-connect/token"
    token = requests.post(token_url, data=grant, timeout=60).json()["access_token"]
    headers, url = {"Authorization": f"Bearer {token}"}, f"{running.url}/admin/realms"
    for realm in requests.get(
        url, headers=headers, params={"briefRepresentation": "true"}, timeout=60
    ).json():
        if realm["realm"] != "master":
            requests.delete(f"{url}/{realm['realm']}", headers=headers, timeout=60).raise_for_status()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL; every user of it takes databases of its own."""
    server = PostgresServer()
    server.start()
    yield server
    server.stop()
