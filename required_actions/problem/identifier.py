"""Etapes 1 to 3-1: the identifier, and one page for everybody about the mail that may have been sent."""

from __future__ import annotations

from datetime import datetime

from flask import make_response, redirect, render_template, session
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.services import services
from required_actions import by_identifier
from required_actions.problem.area import HERE, IDENTIFIER, KIND, PROOF, blueprint, link_expires_at
from required_actions.problem.words import until_text

__all__: list[str] = []

SENT = f"{HERE}/mail"
ASKED_AT = "problem-asked-at"
"""In the session: when the mail was last asked for, which says until when its link lives."""


@blueprint.get("/identifiant")
def show() -> str:
    """Etape 1 asks for the identifier."""
    return _page(by_identifier.identifier_form())


@blueprint.post("/identifiant")
def send() -> BaseResponse | Response:
    """Asks for the mail. The seed's « redirection automatique » is one page for all: whether an address is known is
    told to nobody who has only typed an identifier."""
    form = by_identifier.identifier_form()
    if not form.validate():
        return make_response(_page(form), 422)
    by_identifier.ask(KIND, form)
    session[ASKED_AT] = services().clock().isoformat()
    return redirect(SENT, 303)


@blueprint.get("/mail")
def sent() -> BaseResponse | str:
    """Etape 3, whoever was named."""
    kcb, typed = services(), by_identifier.asked(KIND)
    if typed is None or ASKED_AT not in session:
        return redirect(IDENTIFIER, 303)
    asked_at = datetime.fromisoformat(session[ASKED_AT])
    return render_template(
        "problem_sent.html",
        identifier=typed,
        until_text=until_text(kcb, link_expires_at(kcb, asked_at, kcb.profile.asked_by_identifier)),
        resend_at_text=by_identifier.resend_at_text(KIND),
        resend_url=SENT,
        change_url=PROOF,
        identifier_url=IDENTIFIER,
        recovers=kcb.profile.recovery != "off",
    )


@blueprint.post("/mail")
def resend() -> BaseResponse:
    """Etape 3-1: « Envoyer à nouveau le mail »."""
    if by_identifier.resend_at_text(KIND) is None:
        session[ASKED_AT] = services().clock().isoformat()
    by_identifier.ask_again(KIND)
    return redirect(SENT, 303)


def _page(form: by_identifier.IdentifierForm) -> str:
    consults = services().profile.consultation
    return render_template("problem_identifier.html", form=form, back_url=HERE, consults=consults)
