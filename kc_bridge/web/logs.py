"""Structured logs: one line a request, naming the route and never the address (it may hold a token)."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType

import structlog
from flask import Flask, Response, g, request

from kc_bridge.services import services

__all__ = ["configure", "setup", "where"]

log = structlog.get_logger("kc_bridge.request")


def where(error: BaseException | None) -> str:
    """The kind and place of an error and of those behind it, without their messages or local variables.

    Both quote people's answers: « invalid literal … '12/03/2007' », « UNIQUE constraint failed … ».
    """
    lines: list[str] = []
    while error is not None:
        lines.append(type(error).__qualname__)
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def configure(log_format: str) -> None:
    """Sets up logging for a process: ours through structlog, libraries' warnings beside it."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_of_error,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, _Libraries) for handler in root.handlers):
        handler = logging.StreamHandler()
        handler.setLevel(logging.WARNING)
        handler.setFormatter(_Libraries("%(levelname)s %(name)s %(message)s"))
        root.addHandler(handler)


class _Libraries(logging.Formatter):
    """Lines of libraries, whose tracebacks are shortened like ours."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return where(ei[1])


def _place_of_error(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if error:
        event["exception"] = where(error)
    return event


def setup(app: Flask) -> None:
    with app.app_context():
        configure(services().settings.log_format)

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _line(response: Response) -> Response:
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
        return response
