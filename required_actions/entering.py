"""From a handoff to a wizard: who it is, whether this browser may go on, and which journey it goes through."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask import session

from kc_bridge.domain.errors import (
    AccountClosed,
    BridgeError,
    HandoffRefused,
    JourneySuperseded,
    LoginGone,
    ProvisionalEnded,
)
from kc_bridge.services import Services
from kc_bridge.store.activation import Journey, Link
from kc_bridge.store.models import Person
from kc_bridge.web import i18n, sessions
from required_actions import address_checks, journeys, links
from required_actions.handoff import Handoff, spend, verify
from required_actions.logins import ACTIONS, Login, current_login, keep_login, opened_link, ticket_digest
from required_actions.people import person_of
from required_actions.tickets import bind
from required_actions.wizard import record_known

__all__ = ["enter"]


def enter(kcb: Services, token: str) -> Login:
    """Spends a handoff and binds its login to this browser.

    The same login again in its own browser (Back, refresh, a proof that came late) goes on; a handoff already spent
    is refused anywhere else. A login bound to one browser is ended when it turns up in another: somebody passed it
    on. Opening a link again ends the login of the opening before.

    Raises :class:`HandoffRefused`, :class:`JourneyError`, :class:`NotOwned`, :class:`AccountClosed`,
    :class:`KeycloakUnavailable`.
    """
    settings = kcb.settings
    now = kcb.clock()
    handoff = verify(token, kcb.realm_keys, settings.issuer, settings.keycloak_public_url, now)
    unspent = spend(kcb.sessions, handoff, now)
    present = _present()
    if present is not None and present.ticket == handoff.ticket:
        return _again(present, handoff) if unspent else present
    if not unspent:
        raise HandoffRefused("already spent, in another browser")
    if not bind(kcb, handoff):
        _end(kcb, handoff.ticket)
        raise HandoffRefused("login bound to another browser")
    person = person_of(kcb, handoff)
    with kcb.sessions() as db:
        link = _link(kcb, db.get(Link, opened.link_id) if (opened := opened_link()) else None, handoff)
    if person.account_end and person.account_end < kcb.today():
        _end(kcb, handoff.ticket)
        raise AccountClosed(person.account_end)
    if link is None:
        try:
            journeys.refuse_ended_password(person, now)
        except ProvisionalEnded:
            _end(kcb, handoff.ticket)
            raise
    login = _login(kcb, handoff, person, link)
    if present is not None and present.link_id is not None and present.link_id == login.link_id:
        _end(kcb, present.ticket)
    with kcb.sessions.begin() as db:
        address_checks.forget(db, db.get_one(Journey, login.journey_id), login, asked=login.acts)
    sessions.renew()
    i18n.choose(handoff.locale if "locale" not in session else None)
    keep_login(login)
    record_known(kcb, login)
    return login


def _present() -> Login | None:
    try:
        return current_login()
    except LoginGone:
        return None


def _again(login: Login, handoff: Handoff) -> Login:
    """Keycloak asks again within one login: the proof came late or not at all, or a step was added meanwhile."""
    acts = list(dict.fromkeys([*login.acts, *handoff.acts]))
    login = replace(login, ret=handoff.ret, cancel=handoff.cancel, acts=acts)
    keep_login(login)
    return login


def _end(kcb: Services, ticket: str) -> None:
    """Ends a login nobody may finish. Keycloak being down changes nothing: without a proof it leads nowhere."""
    with suppress(BridgeError):
        kcb.backchannel.end_login(ticket)


def _link(kcb: Services, link: Link | None, handoff: Handoff) -> Link | None:
    """The mailed link this login came from, opened by this very browser."""
    if handoff.ref is None:
        return None
    opened = opened_link()
    if opened is None or link is None or opened.opening != handoff.ref:
        _end(kcb, handoff.ticket)
        raise HandoffRefused("the link was opened in another browser")
    if link.opening != handoff.ref or link.state != "opened":
        _end(kcb, handoff.ticket)
        raise JourneySuperseded
    return link


def _login(kcb: Services, handoff: Handoff, person: Person, link: Link | None) -> Login:
    spec = kcb.profile.journey_for(person.population)
    activates = person.activated_at is None and not handoff.aia
    generation = link.generation if link else person.generation
    if generation != person.generation:
        raise JourneySuperseded
    name = spec.name if activates else f"{ACTIONS}:{ticket_digest(handoff.ticket)[:40]}"
    return Login(
        ticket=handoff.ticket,
        ret=handoff.ret,
        cancel=handoff.cancel,
        client_id=handoff.client_id,
        aia=handoff.aia,
        acts=handoff.acts,
        person_id=person.id,
        journey_id=journeys.begin(kcb.sessions, person.id, name, generation, kcb.clock()),
        journey=spec.name if activates else ACTIONS,
        link_id=link.id if link else None,
        opening=link.opening if link else None,
        proved_address=link.sent_to if link else None,
        recovers=link is not None and link.purpose == links.RECOVERY,
    )
