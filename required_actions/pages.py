"""The wizard's pages: enter from Keycloak, one page at a time, back to Keycloak with the proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.domain.errors import (
    BridgeError,
    FinishedElsewhere,
    JourneySuperseded,
    LoginGone,
    PasswordRefused,
    StepOutOfOrder,
)
from kc_bridge.domain.journey import progress
from kc_bridge.services import services
from kc_bridge.web import sessions
from kc_bridge.web.errors import application_of
from required_actions.entering import enter
from required_actions.logins import Login, current_login
from required_actions.password_rules import violation_texts
from required_actions.registry import page_form
from required_actions.wizard import View, look, slug, submit

__all__ = ["blueprint"]

blueprint = Blueprint("activation", __name__, url_prefix="/activation", template_folder="templates")


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
        if not view.finished:
            services().backchannel.touch(login.ticket)
        return _render(view, page_form(view.steps))


@blueprint.post("/<page>")
def send(page: str) -> BaseResponse | Response:
    """What somebody filled in."""
    with _wizard(page) as (_login, view):
        if view.finished:
            return redirect("/activation/", 303)
        form = page_form(view.steps)
        if not form.validate_on_submit():
            return make_response(_render(view, form), 422)
        try:
            submit(view, form)
        except PasswordRefused as refused:
            form["password"].errors = violation_texts(refused.violations)
            return make_response(_render(view, form), 422)
    return _onwards()


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
        application = application_of(login.client_id)
        return _away(application.login_url if application else "/")
    separator = "&" if "?" in login.ret else "?"
    return _away(f"{login.ret}{separator}{urlencode({'kcb_proof': proof})}")


@blueprint.post("/cancel")
def cancel() -> Response:
    """Gives an action asked for by an application up; Keycloak tells the application."""
    login = current_login()
    if login.cancel is None:
        raise NotFound
    sessions.renew()
    return _away(login.cancel)


@blueprint.get("/done")
def done() -> BaseResponse:
    """Keycloak has let the person in: on to where the application starts its own login (SSO does the rest).

    Whatever Keycloak added to the address is ignored: no code without a state of ours is ever used.
    """
    sessions.renew()
    application = application_of(None)
    return redirect(application.login_url if application else "/", 303)


def _onwards() -> BaseResponse:
    """To the page somebody stands at, in one hop: each costs a phone a round trip."""
    with _wizard() as (_login, view):
        if view.finished and not _has_more_to_show(view):
            return redirect("/activation/leave", 303)
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


def _has_more_to_show(view: View) -> bool:
    return any(step not in view.records for step in view.page.steps)


def _address(view: View) -> str:
    return f"/activation/{slug(view.page)}"


def _render(view: View, form) -> str:  # type: ignore[no-untyped-def]
    context = view.context()
    step_context: dict[str, object] = {}
    for step in view.steps:
        step_context |= step.context(context)
    previous = view.pages[view.index - 1] if view.index and not view.finished else None
    application = application_of(view.login.client_id)
    return render_template(
        view.steps[-1].page,
        steps=view.steps,
        title=view.steps[-1].title,
        account=view.person.login,
        display_name=view.person.display_name,
        progress=progress(view.pages, view.index) if len(view.pages) > 1 else None,
        form=form,
        back_url=f"/activation/{slug(previous)}" if previous else None,
        cancel=view.login.cancel is not None,
        finish_url="/activation/leave" if view.finished else None,
        application=application.name if application else None,
        **step_context,
    )


def _away(url: str) -> Response:
    """Leaves for another site by a page that moves on by itself.

    A redirect after a POST would be held to our form-action policy by browsers, whichever application it ends at.
    """
    session.modified = True
    response = make_response(render_template("leave.html", url=url))
    response.headers["Refresh"] = f"0; url={url}"
    return response
