"""Pages that ask for an identifier and say the same to everybody: a lost link, a lost password.

What is typed stays in the browser's session on the server, for « Envoyer à nouveau le mail »: no address names anybody.
Who it is, and whether a mail leaves, is found out later (:mod:`required_actions.asking`).
"""

from __future__ import annotations

from flask import request, session
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.domain.login import LONGEST, as_typed
from kc_bridge.services import services
from kc_bridge.web.words import clock_in_words
from required_actions import asking

__all__ = ["IdentifierForm", "ask", "ask_again", "asked", "identifier_form", "resend_at_text"]

ASKED = "asked"
"""In the session: by kind of mail, the identifier it was last asked for with."""

ALSO = {"recovery": "activation"}
"""An account nobody has activated yet has no password to be lost: it is sent what activates it."""


class IdentifierForm(FlaskForm):
    identifier = StringField(_l("Identifiant"))

    def validate_identifier(self, field: StringField) -> None:
        if not 0 < len(as_typed(field.data or "")) <= LONGEST:
            raise ValidationError(_("Saisissez votre identifiant."))


def identifier_form() -> IdentifierForm:
    """The form as sent: fields alone, a file is no identifier."""
    return IdentifierForm(request.form if request.method == "POST" else None)


def ask(kind: str, form: IdentifierForm) -> None:
    """Has the mail of that kind asked for, for a valid form; the page that follows is the same for everybody.

    An identifier asked for a moment ago is no error: the page says when it may be again. Raises
    :class:`TooManyTries` when it is the address that asks too often.
    """
    _ask(kind, as_typed(form.identifier.data or ""))


def ask_again(kind: str) -> None:
    """The same once more, for who has asked in this browser; nothing otherwise. Raises as :func:`ask`."""
    typed = asked(kind)
    if typed:
        _ask(kind, typed)


def asked(kind: str) -> str | None:
    """What this browser asked for last; None: nothing."""
    kept: str | None = session.get(ASKED, {}).get(kind)
    return kept


def resend_at_text(kind: str) -> str | None:
    """When it may be asked for again, in words; None: now."""
    at = asking.free_at(services(), kind, asked(kind) or "")
    return clock_in_words(at) if at else None


def _ask(kind: str, typed: str) -> None:
    kcb = services()
    try:
        asking.ask(kcb, kind, typed, str(get_locale() or "fr"), request.remote_addr, ALSO.get(kind))
    except TooManyTries:
        if asking.free_at(kcb, kind, typed) is None:
            raise
    session[ASKED] = {**session.get(ASKED, {}), kind: typed}
