"""Leaving for another site by a page that moves on by itself (ADR 5)."""

from __future__ import annotations

from flask import make_response, render_template, session
from flask.wrappers import Response

__all__ = ["away"]


def away(url: str, title: str | None = None) -> Response:
    """The page that leads to ``url``; ``title``: what happens there, by default a login.

    A redirect after a POST would be held to our form-action policy by browsers, whichever site it ends at.
    """
    session.modified = True
    response = make_response(render_template("leave.html", url=url, title=title))
    response.headers["Refresh"] = f"0; url={url}"
    return response
