"""Opening a mailed link: the page with its button, who is logged in here, then Keycloak."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import asdict
from hmac import compare_digest

import structlog
from flask import Blueprint, redirect, render_template, request
from flask_babel import get_locale
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.adapters.backchannel import NoSuchActions
from kc_bridge.adapters.oidc import LoggedIn
from kc_bridge.domain.errors import HandoffRefused, LinkUnknown, LoginGone, PasswordElsewhere
from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.services import Services, services
from kc_bridge.store.activation import AddressCheck, Link
from kc_bridge.web.words import in_words
from required_actions import address_changes, address_checks, links, recovery
from required_actions.logins import OpenedLink, current_login, keep_opened_link, opened_link

__all__ = ["QUESTION", "ask", "blueprint", "go"]

log = structlog.get_logger()
blueprint = Blueprint("links", __name__, template_folder="templates")

QUESTION = "/mot-de-passe-oublie/question"
"""Where the secret question is asked, if the link alone is not enough."""
PAGES = {links.ADDRESS: "confirm_address.html", links.RECOVERY: "recovery_link.html"}
NOBODY = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)
"""Answers to ``prompt=none`` that mean nobody usable is logged in (OIDC Core 3.1.2.6)."""


@blueprint.get("/l/<token>")
def show(token: str) -> str:
    """What the link is, and a button: mail scanners follow links, they do not press buttons."""
    kcb = services()
    with kcb.sessions() as db:
        link = links.find(db, token, kcb.clock(), kcb.today())
    return render_template(
        PAGES.get(link.purpose, "link.html"),
        account=link.person.login,
        display_name=link.person.display_name,
        masked_address=address_checks.masked(link.sent_to or ""),
        continues=links.begins_login(link),
        expires_text=in_words(link.expires_at),
    )


@blueprint.post("/l/<token>")
def press(token: str) -> BaseResponse | str:
    """Asks Keycloak who is logged in here before anything is opened."""
    kcb = services()
    with kcb.sessions.begin() as db:
        link = links.find(db, token, kcb.clock(), kcb.today())
        check = address_checks.confirm(db, link, kcb.clock()) if link.purpose == links.ADDRESS else None
    if check is None:
        return ask(OpenedLink(link.id))
    return _onwards_from(check, link)


def _onwards_from(check: AddressCheck, link: Link) -> BaseResponse | str:
    """In the browser that waits, to its next page; on another device, an activation goes on there."""
    with suppress(LoginGone):
        if current_login().journey_id == check.journey_id:
            return redirect("/activation/", 303)
    if links.begins_login(link):
        return ask(OpenedLink(link.id))
    return render_template(
        "address_confirmed.html",
        account=link.person.login,
        masked_address=address_checks.masked(check.address),
    )


def ask(opened: OpenedLink) -> BaseResponse:
    """Who is logged in here? Keycloak answers to ``/oidc/silent``, and the link is opened for them.

    Raises :class:`KeycloakUnavailable`.
    """
    kcb = services()
    kcb.backchannel.version()  # a browser sent to a Keycloak that is down would see its own error page
    question = kcb.oidc.question()
    keep_opened_link(OpenedLink(opened.link_id, question=asdict(question)))
    return redirect(question.url, 303)


@blueprint.get("/oidc/silent")
def silent() -> BaseResponse | str:
    """Keycloak's answer: nobody, the same person, or somebody else."""
    kcb = services()
    opened = _opened()
    question = opened.question
    if not question or not compare_digest(request.args.get("state", "").encode(), question["state"].encode()):
        raise HandoffRefused("answer to no question of this browser")
    opened.question = None
    if "code" not in request.args:
        if request.args.get("error") not in NOBODY:
            raise HandoffRefused("prompt=none failed")
        return go(opened)
    who = kcb.oidc.answer(request.args["code"], question["nonce"], question["verifier"])
    with kcb.sessions.begin() as db:
        link = links.get(db, opened.link_id, kcb.clock(), kcb.today())
    if who.user_id == link.person.keycloak_id:
        return go(opened)
    return _somebody_else(opened, who, link)


def _somebody_else(opened: OpenedLink, who: LoggedIn, link: Link) -> str:
    opened.id_token = who.id_token
    keep_opened_link(opened)
    return render_template(
        "other_account.html",
        current=who.username,
        account=link.person.login,
        logout_url="/oidc/logout",
        recovers=link.purpose == links.RECOVERY,
    )


@blueprint.post("/oidc/logout")
def logout() -> BaseResponse:
    """Logs the other person out, as this browser's user asked."""
    opened = _opened()
    if opened.id_token is None:
        raise LoginGone
    return redirect(services().oidc.logout_url(opened.id_token), 303)


@blueprint.get("/oidc/logged-out")
def logged_out() -> BaseResponse:
    """Back from logging the other person out: asked again, since an address proves no logout."""
    opened = _opened()
    if opened.id_token is None:
        raise HandoffRefused("no logout was asked for")
    return ask(opened)


def go(opened: OpenedLink) -> BaseResponse:
    """Opens the link. Keycloak is asked first: when it does not answer, nothing is spent or superseded.

    A link for a lost password may ask the secret question before.
    """
    kcb = services()
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        link = links.get(db, opened.link_id, now, kcb.today())
        question = recovery.question_of(db, kcb.profile, link)
    if link.person.keycloak_id is None or not links.begins_login(link):
        raise LinkUnknown
    if question is not None and not opened.answered:
        opened.answered = False
        keep_opened_link(opened)
        return redirect(QUESTION, 303)
    opening = secrets.token_urlsafe(32)
    url = _minted(kcb, link, opening)
    with kcb.sessions.begin() as db:
        links.alone(db, link.person_id)
        link = links.get(db, opened.link_id, now, kcb.today())
        links.open_link(db, link, opening, now)
        address_changes.settle(db, link, now)
    keep_opened_link(OpenedLink(opened.link_id, opening=opening))
    return redirect(url, 303)


def _minted(kcb: Services, link: Link, opening: str) -> str:
    """Keycloak's address that begins the login. Raises :class:`PasswordElsewhere` where it could write no password."""
    recovers = link.purpose == links.RECOVERY
    journey = kcb.profile.journey(link.journey) or kcb.profile.journey_for(link.person.population)
    try:
        return kcb.backchannel.mint_activation(
            link.person.keycloak_id or "",
            [recovery.ACTION] if recovers else keycloak_actions(journey),
            expires_at=kcb.clock() + kcb.settings.link_opening_lifetime,
            ref=opening,
            redirect_uri=f"{kcb.settings.public_url}/activation/done",
            locale=str(get_locale() or "fr"),
        )
    except NoSuchActions as missing:
        if recovers:
            log.warning("lost password cannot be replaced", problem=missing.problem)
            raise PasswordElsewhere from None
        raise


def _opened() -> OpenedLink:
    opened = opened_link()
    if opened is None:
        raise LoginGone
    return opened
