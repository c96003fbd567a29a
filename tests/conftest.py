"""Rules for the whole test run."""

from __future__ import annotations

import pytest

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
