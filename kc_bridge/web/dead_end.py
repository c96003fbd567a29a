"""The page on which a way ends: what happened, what to do, one button."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from flask import make_response, render_template, request
from flask.wrappers import Response
from flask_babel import gettext as _

from kc_bridge.services import services
from kc_bridge.web.words import application_of

__all__ = [
    "Button",
    "DeadEnd",
    "login_button",
    "new_link_button",
    "or_identify",
    "respond",
    "retry_after",
    "retry_button",
]


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


def retry_after(until: datetime) -> dict[str, str]:
    """The header that says when to come back, in seconds, at least one (RFC 9110, 10.2.3)."""
    seconds = math.ceil((until - services().clock()).total_seconds())
    return {"Retry-After": str(max(1, seconds))}


def login_button() -> Button | None:
    """To the application people go to by default; None where none is registered."""
    application = application_of(None)
    if application is None:
        return None
    return Button(_("Se connecter à %(application)s", application=application.name), application.login_url)


def new_link_button() -> Button:
    """To what one can do without a link that works."""
    return Button(_("Comment obtenir un nouveau lien"), "/probleme-de-connexion")


def retry_button() -> Button:
    """The same page once more."""
    # A form cannot be sent again by a link: going back to its page keeps the steps already saved. An address that
    # is none of ours is not repeated: « //elsewhere » would lead there.
    address = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return Button(_("Réessayer"), address if request.url_rule else "/")


def or_identify() -> list[str]:
    """For those whose way in was a number and a birth date: they have no mail to open again."""
    if not services().profile.identify_by:
        return []
    return [_("Sans mail d'activation, identifiez-vous à nouveau depuis la page « 1ère connexion ».")]
