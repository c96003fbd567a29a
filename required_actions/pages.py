"""The wizard's pages: enter from Keycloak, one page at a time, back to Keycloak with the proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.domain.errors import (
    BridgeError,
    FinishedElsewhere,
    JourneyError,
    JourneySuperseded,
    LoginGone,
    PasswordRefused,
    StepOutOfOrder,
    TooManyTries,
)
from kc_bridge.domain.journey import progress
from kc_bridge.services import services
from kc_bridge.store.activation import AddressCheck, Journey
from kc_bridge.web import sessions
from kc_bridge.web.away import away
from kc_bridge.web.dead_end import retry_after
from kc_bridge.web.words import application_of, clock_in_words, in_words
from required_actions import address_checks
from required_actions.entering import enter
from required_actions.handoff import way_back
from required_actions.leaving import application
from required_actions.logins import Login, current_login, keep_login
from required_actions.mail_address import written_already
from required_actions.password_rules import violation_texts
from required_actions.registry import get, worded
from required_actions.wizard import View, conclude, look, slug, submit

__all__ = ["blueprint"]

blueprint = Blueprint("activation", __name__, url_prefix="/activation", template_folder="templates")

CHANGE = "change"
"""In the address of a waiting page: the person wants to correct what they typed."""
RECOVERED = "/mot-de-passe-oublie/termine"
"""Where somebody who has replaced a lost password is told so."""
EVERY_MINUTE = timedelta(minutes=1)


@blueprint.get("/enter")
def arrive() -> BaseResponse:
    """Keycloak hands a login over; the token leaves the address bar at once."""
    token = request.args.get("handoff", "")
    enter(services(), token)
    return _onwards()


@blueprint.get("/")
def here() -> BaseResponse:
    """The page somebody stands at."""
    return _onwards()


@blueprint.get("/<page>")
def show(page: str) -> BaseResponse | str:
    """One page; later ones are not reached by their address."""
    with _wizard(page) as (login, view):
        if view.concluded and not view.finished:
            return redirect("/activation/", 303)
        if not view.finished:
            services().backchannel.touch(login.ticket)
        if view.waiting and CHANGE not in request.args:
            return _waiting_page(view, view.waiting)
        return _render(view, view.form())


@blueprint.post("/<page>")
def send(page: str) -> BaseResponse | Response:
    """What somebody filled in."""
    with _wizard(page) as (_login, view):
        if view.finished:
            return redirect("/activation/", 303)
        form = view.form()
        if not view.is_valid(form):
            return make_response(_render(view, form), 422)
        try:
            submit(view, form)
        except PasswordRefused as refused:
            form["password"].errors = violation_texts(refused.violations, form["password"].data)
            return make_response(_render(view, form), 422)
        except TooManyTries as held:
            return _too_many_mails(view, form, held)
    return _onwards()


@blueprint.get("/<page>/state")
def state(page: str) -> Response:
    """Whether the page still waits for an address to be confirmed; asked by the page itself, every few seconds."""
    try:
        with _wizard(page) as (login, view):
            _keep_alive(login)
            return jsonify(waiting=view.waiting is not None)
    except JourneyError:  # finished or replaced elsewhere: the next page says so
        return jsonify(waiting=False)


@blueprint.post("/<page>/resend")
def resend(page: str) -> BaseResponse:
    """Sends the mail the page waits for once more; a refresh of the page never does."""
    kcb = services()
    with _wizard(page) as (_login, view):
        if view.waiting:
            with suppress(TooManyTries), kcb.sessions.begin() as db:  # the page itself says when
                address_checks.resend(db, db.get_one(AddressCheck, view.waiting.id), kcb.clock())
        return redirect(_address(view), 303)


@blueprint.get("/leave")
def leave() -> Response:
    """Back to Keycloak with the proof only this browser gets, or to the application's own login."""
    with _wizard() as (login, view):
        if not view.finished:
            raise StepOutOfOrder(slug(view.page))
    try:
        proof = services().backchannel.complete(login.ticket, []).proof
    except LoginGone:  # everything is saved: the person logs in with the new password
        proof = None
    if proof is None:
        onwards = application(login)
        return away(onwards.login_url if onwards else "/")
    return away(way_back(login.ret, proof))


@blueprint.post("/cancel")
def cancel() -> Response:
    """Gives an action asked for by an application up; Keycloak tells the application."""
    login = current_login()
    if login.cancel is None:
        raise NotFound
    with services().sessions.begin() as db:
        address_checks.forget(db, db.get_one(Journey, login.journey_id), login)
    sessions.renew()
    return away(login.cancel)


@blueprint.get("/done")
def done() -> BaseResponse:
    """Keycloak has let the person in: on to where the application starts its own login (SSO does the rest).

    Whatever Keycloak added to the address is ignored: no code without a state of ours is ever used.
    """
    sessions.renew()
    onwards = application_of(None)
    return redirect(onwards.login_url if onwards else "/", 303)


def _onwards() -> BaseResponse:
    """To the page somebody stands at, in one hop: each costs a phone a round trip."""
    with _wizard() as (_login, view):
        if view.concluded and not view.finished:
            conclude(view)
            view = look(services(), current_login())
        if view.finished and not _has_more_to_show(view):
            return redirect(RECOVERED if view.login.recovers else "/activation/leave", 303)
        return redirect(_address(view), 303)


@contextmanager
def _wizard(page: str | None = None) -> Iterator[tuple[Login, View]]:
    """The login of this browser and where it stands; one that was ended elsewhere ends in Keycloak too."""
    kcb = services()
    login = current_login()
    try:
        yield login, look(kcb, login, page)
    except (FinishedElsewhere, JourneySuperseded):
        with suppress(BridgeError):
            kcb.backchannel.end_login(login.ticket)
        raise


@blueprint.errorhandler(StepOutOfOrder)
def _to_current_step(_error: StepOutOfOrder) -> BaseResponse:
    return redirect("/activation/", 303)


def _keep_alive(login: Login) -> None:
    """Tells Keycloak, at most once a minute, that somebody is still there."""
    now = services().clock()
    if login.kept_alive_at and now < datetime.fromisoformat(login.kept_alive_at) + EVERY_MINUTE:
        return
    services().backchannel.touch(login.ticket)
    keep_login(replace(login, kept_alive_at=now.isoformat()))


def _has_more_to_show(view: View) -> bool:
    return any(step not in view.records for step in view.page.steps)


def _address(view: View) -> str:
    return f"/activation/{slug(view.page)}"


def _render(view: View, form: FlaskForm) -> str:
    step_context: dict[str, object] = {}
    for step in view.steps:
        step_context |= step.context(view.context(step))
    return render_template(
        view.steps[-1].page,
        steps=view.steps,
        title=_title(view),
        form=form,
        notices=_notices(view),
        privacy_contact=view.kcb.profile.privacy.contact,
        finish_url="/activation/leave" if view.finished else None,
        **_frame(view),
        **step_context,
    )


def _title(view: View) -> str:
    """The page's heading: what the university calls it, else the names of its steps."""
    names = [str(step.title) for step in view.steps]
    if view.login.recovers and view.page.steps == ["new_password"]:
        names = [_("Choisissez un nouveau mot de passe")]
    return worded(view.page.title, str(get_locale())) or " · ".join(names)


def _waiting_page(view: View, check: AddressCheck) -> str:
    """A mail is on its way."""
    kcb = view.kcb
    with kcb.sessions() as db:
        again = address_checks.resend_at(db, check, view.person.id, kcb.clock())
        until = address_checks.valid_until(db, check) or address_checks.link_expires_at(
            db.merge(check, load=False), kcb.profile, kcb.settings, check.asked_at
        )
    address = _address(view)
    return render_template(
        "waiting.html",
        title=worded(view.page.waiting_title, str(get_locale())),
        continues=view.login.activates,
        masked_address=address_checks.masked(check.address),
        expires_text=in_words(until) if kcb.clock() < until else None,
        resend_at_text=clock_in_words(again) if again else None,
        resend_url=f"{address}/resend",
        state_url=f"{address}/state",
        change_url=f"{address}?{CHANGE}=1",
        change_label=get(check.step).change_label,
        continue_url="/activation/",
        **_frame(view, waiting=True),
    )


def _too_many_mails(view: View, form: FlaskForm, held: TooManyTries) -> Response:
    """The page again: what was typed is not lost, and says when it may be sent in."""
    field = next(step.address_field for step in view.steps if step.address_field)
    form[field].errors = [written_already(held)]
    response = make_response(_render(view, form), 429)
    response.headers.update(retry_after(held.until))
    return response


def _frame(view: View, *, waiting: bool = False) -> dict[str, object]:
    """What every page of a journey shows around its question."""
    previous = view.pages[view.index - 1] if view.index and not view.finished else None
    back = _address(view) if view.waiting else f"/activation/{slug(previous)}" if previous else None
    onwards = application(view.login)
    return {
        "account": view.person.login,
        "display_name": view.person.display_name,
        "progress": progress(view.pages, view.index, waiting=waiting) if len(view.pages) > 1 else None,
        "back_url": back,
        "cancel": view.login.cancel is not None,
        "recovers": view.login.recovers,
        "application": onwards.name if onwards else None,
    }


def _notices(view: View) -> list[dict[str, str]]:
    """What each step of the page that collects data must say about it, in the person's language."""
    language = str(get_locale() or "fr")
    notices = [view.kcb.profile.notice(step.name) for step in view.steps if step.collects]
    return [notice.told(language) for notice in notices]
