"""22. Logs: errors by kind and place alone, routes and never addresses; libraries' lines too."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from flask import Flask

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.web import logs
from tests.support.visitor import Visitor

CANARY = "canari-4711"


def deep() -> None:
    secret = CANARY
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise ValueError(f"cannot read {secret}") from error


def caught() -> ValueError:
    try:
        deep()
    except ValueError as error:
        return error
    raise AssertionError


def test_kinds_and_places_of_the_whole_chain() -> None:
    said = logs.where(caught())
    assert said.index("ValueError") < said.index("KeyError")
    assert said.count(f"{__file__}:") == 3
    assert "in deep" in said
    assert CANARY not in said


def test_a_cause_put_aside_stays_aside() -> None:
    def put_aside() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise ValueError from None

    with pytest.raises(ValueError) as raised:  # noqa: PT011
        put_aside()
    assert "KeyError" not in logs.where(raised.value)


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("way", ["error", "true", "tuple"])
def test_every_way_of_naming_the_error(log_format: str, way: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(log_format)
    error = caught()
    try:
        raise error
    except ValueError:
        info = {"error": error, "true": True, "tuple": (type(error), error, error.__traceback__)}[way]
        structlog.get_logger().error("it happened", exc_info=info)
    said = capsys.readouterr().out
    assert "it happened" in said
    assert "in deep" in said
    assert CANARY not in said
    if log_format == "json":
        assert json.loads(said)["exception"].startswith("ValueError\n")


def test_libraries_tracebacks_are_shortened() -> None:
    logs.configure("console")
    logs.configure("console")
    ours = [h for h in logging.getLogger().handlers if type(h.formatter).__name__ == "_Libraries"]
    assert len(ours) == 1
    error = caught()
    record = logging.LogRecord(
        "lib", logging.ERROR, __file__, 1, "job %s", ("7",), (type(error), error, error.__traceback__)
    )
    said = ours[0].format(record)
    assert said.startswith("ERROR lib job 7\nValueError")
    assert CANARY not in said


def test_requests_are_named_by_their_route(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (
        f"/l/{CANARY}",
        f"/activation/enter?handoff={CANARY}",
        f"/{CANARY}",
        f"/activation/{CANARY}",
    ):
        Visitor(app).get(path, headers={"Referer": CANARY, "User-Agent": CANARY})
    said = capsys.readouterr()
    assert "route=/l/<token>" in said.out
    assert "route=None" in said.out
    assert CANARY not in said.out + said.err


def test_an_operators_error_keeps_its_words(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> str:
        raise ConfigurationError("the role is missing", "run kcb setup")

    app.view_functions["page_aide"] = wrong
    assert Visitor(app).get("/aide").status_code == 500
    assert "the role is missing" in capsys.readouterr().out


def test_flasks_own_line_about_an_address_is_silent(
    app: Flask, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error page that fails itself: Flask would name the address and quote the message."""

    def late() -> str:
        raise RuntimeError(CANARY)

    app.view_functions["links.show"] = lambda token: late()
    app.register_error_handler(RuntimeError, lambda error: late())
    assert Visitor(app).get(f"/l/{CANARY}").status_code == 500
    said = capsys.readouterr()
    assert "internal error" in said.out
    assert CANARY not in caplog.text + said.out + said.err
