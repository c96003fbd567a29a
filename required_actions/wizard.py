"""One page of a journey at a time: what to show, and what a page sent in brings about."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import get_locale
from flask_wtf import FlaskForm

from kc_bridge.adapters.backchannel import Completion
from kc_bridge.domain import journey as rules
from kc_bridge.domain.errors import BridgeError, KeycloakUnavailable, StepOutOfOrder
from kc_bridge.domain.profile import JourneySpec, Page
from kc_bridge.services import Services
from kc_bridge.store.models import Journey, Person
from required_actions import journeys
from required_actions.logins import Login, keep_login
from required_actions.registry import Outcome, Step, StepContext, get

__all__ = ["View", "look", "slug", "submit"]

PATIENCE = 5.0
"""Seconds a second click waits for the first one's result."""


@dataclass(frozen=True)
class View:
    """Where somebody stands, read in one short transaction."""

    kcb: Services
    login: Login
    person: Person
    records: dict[str, dict[str, Any]]
    pages: list[Page]
    index: int
    """The page asked for."""
    finished: bool
    """Nothing is left to do: only the way back to Keycloak."""

    @property
    def page(self) -> Page:
        return self.pages[self.index]

    @property
    def steps(self) -> list[Step]:
        return [get(name) for name in self.page.steps]

    def context(self) -> StepContext:
        """What the page's steps may know."""
        return StepContext(
            person=self.person,
            profile=self.kcb.profile,
            language=str(get_locale() or "fr"),
            now=self.kcb.clock(),
            options=self.page.options,
            records=self.records,
        )


def slug(page: Page) -> str:
    """A page's name in addresses: its first step's."""
    return page.steps[0].replace("_", "-")


def look(kcb: Services, login: Login, asked: str | None = None) -> View:
    """The page ``asked`` for by its slug, or the current one.

    Raises :class:`JourneyError`, :class:`AccountClosed`; :class:`StepOutOfOrder` for a page not reached yet or
    left for good.
    """
    with kcb.sessions() as db:
        journey = journeys.fresh(db, login, kcb.clock(), kcb.today())
        person = journey.person
        finished = journey.finished_at is not None
        records = {step.step: dict(step.data) for step in journey.steps}
    spec = kcb.profile.journey(login.journey) or kcb.profile.journey_for(person.population)
    pages = _pages(spec, login, records)
    current = rules.current(pages, records)
    slugs = [slug(page) for page in pages]
    index = current if asked is None else slugs.index(asked) if asked in slugs else -1
    if index < 0 or index > current or (finished and index < current):
        raise StepOutOfOrder(slugs[current])
    return View(kcb, login, person, records, pages, index, finished)


def _pages(spec: JourneySpec, login: Login, records: dict[str, dict[str, Any]]) -> list[Page]:
    if login.activates:
        return rules.pages_for(spec, login.acts, records)
    return rules.pages_for_actions(spec, login.acts)


def submit(view: View, form: FlaskForm) -> None:
    """Saves the page's steps here, then in Keycloak; the last one ends the journey.

    Order matters: what people decided is committed before Keycloak is asked, so a Keycloak that is down loses
    nothing; a password is kept nowhere, so its step is recorded only once Keycloak has it.

    Raises :class:`PasswordRefused`, :class:`JourneyError`, :class:`AccountClosed`, :class:`KeycloakUnavailable`.
    """
    kcb, login, last = view.kcb, view.login, _is_last(view)
    with kcb.sessions.begin() as db:
        journey = journeys.fresh(db, login, kcb.clock(), kcb.today())
        ours = not last or journeys.claim(db, journey, login, kcb.clock())
        if ours:
            outcomes = {step.name: step.save(db, view.context(), form) for step in view.steps}
            _record(view, journey, outcomes, secret=False)
    if not ours:
        return _wait_for_the_other(view)
    try:
        completion = _complete(view, outcomes)
        _settle(view, outcomes, completion)
    except BridgeError:
        if last:
            with kcb.sessions.begin() as db:
                journeys.give_back(db, login)
        raise


def _settle(view: View, outcomes: dict[str, Outcome], completion: Completion) -> None:
    kcb, login, last = view.kcb, view.login, _is_last(view)
    with kcb.sessions.begin() as db:
        journey = journeys.held(db, login) if last else journeys.fresh(db, login, kcb.clock(), kcb.today())
        _record(view, journey, outcomes, secret=True)
        if not completion.pending:
            journeys.finish(db, journey, login, kcb.clock())
        elif last:
            journeys.give_back(db, login)
    if completion.pending:
        keep_login(replace(login, acts=list(dict.fromkeys([*login.acts, *completion.pending]))))


def _is_last(view: View) -> bool:
    """True when no Keycloak action remains after this page."""
    left = {step for page in view.pages for step in page.steps} - set(view.records) - set(view.page.steps)
    return left <= rules.BRIDGE_ONLY


def _complete(view: View, outcomes: dict[str, Outcome]) -> Completion:
    """Tells Keycloak of this page and, again, of the earlier ones: a call that failed then is made good now."""
    attributes: dict[str, list[str]] = {}
    for data in view.records.values():
        attributes |= data.get("attributes", {})
    for outcome in outcomes.values():
        attributes |= outcome.attributes
    done = rules.actions_of(dict.fromkeys([*view.records, *outcomes]))
    password = next((o.password for o in outcomes.values() if o.password is not None), None)
    asked = [act for act in done if act in view.login.acts]
    return view.kcb.backchannel.complete(view.login.ticket, asked, attributes, password)


def _record(view: View, journey: Journey, outcomes: dict[str, Outcome], *, secret: bool) -> None:
    """Keeps steps as done: those without a secret before Keycloak is asked, those with one after."""
    for step, outcome in outcomes.items():
        if (outcome.password is not None) is secret:
            journeys.record(
                journey, step, {**outcome.data, "attributes": outcome.attributes}, view.kcb.clock()
            )


def _wait_for_the_other(view: View) -> None:
    """Another click is completing this journey: its result is this one's too."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with view.kcb.sessions() as db:
            journey = db.get(Journey, view.login.journey_id)
            if journey is not None and journey.finished_at is not None:
                return
        time.sleep(0.1)
    raise KeycloakUnavailable("another request is still completing this journey")
