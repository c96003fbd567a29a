"""Who is logged in at « Mon compte »: an OIDC login (code, PKCE, ``state``, ``nonce``), asked again at each view.

Asking again means a refresh of the tokens: Keycloak refuses it as soon as the session has ended, anywhere, or the
account is disabled, so neither outlives Keycloak here by a single page (ADR 19).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, redirect, request, session
from flask.wrappers import Response
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.adapters.oidc import ACCOUNT_RETURN, LoggedIn
from kc_bridge.domain.account_end import is_closed
from kc_bridge.domain.errors import AccountClosed, BridgeError, LoginGone
from kc_bridge.services import services
from kc_bridge.store.models import Person
from kc_bridge.web import sessions
from kc_bridge.web.away import away
from kc_bridge.web.dead_end import Button, DeadEnd, respond

__all__ = ["HOME", "Here", "Notice", "ask", "blueprint", "here", "notice"]

blueprint = Blueprint("account_login", __name__, url_prefix="/compte")

HOME = "/compte"
ACCOUNT = "account"
"""In the session: who is logged in."""
NOTICE = "account_notice"
"""In the session: what came of a step, until the page has said so."""
MOST_QUESTIONS = 5
"""Logins one browser may have under way, each in a tab; the oldest is forgotten."""
OUTCOMES = ("success", "cancelled", "error")
"""What ``kc_action_status`` may say."""


class LoginNeeded(BridgeError):
    """Nobody is logged in at « Mon compte » in this browser, or not any more."""


class LoginFailed(BridgeError):
    """Keycloak's answer logs nobody in: none was asked for here, it is spent, or it says no."""


@dataclass(frozen=True)
class Here:
    """Whose page this is."""

    who: LoggedIn
    person: Person | None
    """None for somebody the bridge has no record of (made by hand, brokered). With affiliations and numbers loaded."""

    @property
    def account(self) -> str:
        return self.person.login if self.person else self.who.username


@dataclass(frozen=True)
class Notice:
    """What came of a step."""

    action: str
    status: str
    """One of :data:`OUTCOMES`."""


def here() -> Here:
    """Who is logged in here, still: Keycloak and our own record agree at this very moment.

    Raises :class:`LoginNeeded`, :class:`AccountClosed`, :class:`KeycloakUnavailable`.
    """
    kcb = services()
    kept: dict[str, Any] | None = session.get(ACCOUNT)
    if kept is None:
        raise LoginNeeded
    try:
        who = kcb.oidc.still(LoggedIn(**kept))
    except LoginGone:
        session.pop(ACCOUNT)
        raise LoginNeeded from None
    session[ACCOUNT] = asdict(who)
    with kcb.sessions() as db:
        person = db.scalar(
            select(Person)
            .where(Person.keycloak_id == who.user_id)
            .options(selectinload(Person.affiliations), selectinload(Person.identifiers))
        )
    if person is not None and is_closed(person.state, person.account_end, kcb.today()):
        session.pop(ACCOUNT)
        over = person.account_end is not None and person.account_end < kcb.today()
        raise AccountClosed(person.account_end if over else None)
    return Here(who, person)


def ask(to: str = HOME, action: str | None = None) -> BaseResponse:
    """Sends the browser to Keycloak: to log in (without a page, where it has a session), and for one step.

    ``to``: the path of ours where it goes on afterwards. Raises :class:`KeycloakUnavailable`.
    """
    kcb = services()
    kcb.backchannel.version()  # a browser sent to a Keycloak that is down would see its own error page
    question = kcb.oidc.login(str(get_locale() or "fr"), action)
    waiting = dict(session.get(sessions.QUESTIONS, {}))
    waiting[question.state] = {
        "nonce": question.nonce,
        "verifier": question.verifier,
        "action": action,
        "to": to,
    }
    session[sessions.QUESTIONS] = dict(list(waiting.items())[-MOST_QUESTIONS:])
    return redirect(question.url, 303)


def notice() -> Notice | None:
    """What came of the step asked for last; said once."""
    kept: dict[str, str] | None = session.pop(NOTICE, None)
    return Notice(**kept) if kept else None


@blueprint.get("/retour")
def answered() -> BaseResponse:
    """Keycloak's answer: a code for one of the questions this very browser asked, used once."""
    question = _question(request.args.get("state", ""))
    if question is None:
        if ACCOUNT in session:  # Back, or a refresh
            return redirect(HOME, 303)
        raise LoginFailed
    if "code" not in request.args:
        raise LoginFailed
    try:
        who = services().oidc.answer(
            request.args["code"], question["nonce"], question["verifier"], ACCOUNT_RETURN
        )
    except LoginGone:
        raise LoginFailed from None
    sessions.renew(*([] if question["action"] else _goes_on(who)))  # the step asked for is over
    session[ACCOUNT] = asdict(who)
    status = request.args.get("kc_action_status")
    if question["action"] and status in OUTCOMES:
        session[NOTICE] = {"action": question["action"], "status": status}
    return redirect(question["to"], 303)


@blueprint.post("/deconnexion")
def log_out() -> BaseResponse:
    """Ends the login here and in Keycloak, and a partner's where it came from there; then comes back to the home page."""
    kept: dict[str, Any] | None = session.get(ACCOUNT)
    sessions.renew()
    session.pop(sessions.QUESTIONS, None)
    if kept is None:
        return redirect("/", 303)
    url = services().oidc.logout_url(LoggedIn(**kept).id_token, back_to="/")
    return away(url, _("Un instant, nous vous déconnectons"))


@blueprint.app_errorhandler(LoginNeeded)
def _log_in(_error: LoginNeeded) -> BaseResponse:
    """Every page of the account leads through the login and back to itself."""
    return ask(to=request.path if request.method == "GET" else HOME)


@blueprint.app_errorhandler(LoginFailed)
def _login_failed(_error: LoginFailed) -> Response:
    return respond(
        DeadEnd(
            400,
            _("La connexion n'a pas abouti"),
            [
                _(
                    "Elle a été abandonnée, elle est restée trop longtemps ouverte, ou cette page a déjà servi."
                ),
                _("Rien n'a été changé. Recommencez depuis « Mon compte »."),
            ],
            Button(_("Mon compte"), HOME),
            kind="info",
        )
    )


def _goes_on(who: LoggedIn) -> list[str]:
    """A step the same person has under way in another tab; somebody else's ends here."""
    wizard = session.get(sessions.WIZARD)
    if wizard is None:
        return []
    with services().sessions() as db:
        person = db.get(Person, wizard["person_id"])
    return [sessions.WIZARD] if person is not None and person.keycloak_id == who.user_id else []


def _question(state: str) -> dict[str, Any] | None:
    """The question this state belongs to; it is forgotten, whatever comes of it."""
    waiting = dict(session.get(sessions.QUESTIONS, {}))
    found: dict[str, Any] | None = waiting.pop(state, None)
    if found is not None:
        session[sessions.QUESTIONS] = waiting
    return found
