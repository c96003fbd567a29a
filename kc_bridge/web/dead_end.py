"""The page on which a way ends: what happened, what to do, one button."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import make_response, render_template
from flask.wrappers import Response

__all__ = ["Button", "DeadEnd", "respond"]


@dataclass(frozen=True)
class Button:
    """The one thing to do next."""

    text: str
    url: str
    method: str = "get"


@dataclass(frozen=True)
class DeadEnd:
    """A page that ends here."""

    status: int
    title: str
    paragraphs: list[str]
    button: Button | None = None
    kind: str = "error"
    headers: dict[str, str] = field(default_factory=dict)


def respond(end: DeadEnd) -> Response:
    """The page, with its status."""
    page = render_template(
        "dead_end.html", title=end.title, paragraphs=end.paragraphs, button=end.button, kind=end.kind
    )
    response = make_response(page, end.status)
    response.headers.update(end.headers)
    return response
