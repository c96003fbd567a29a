"""One page of a journey at a time: what to show, and what a page sent in brings about."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from flask_babel import get_locale
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from kc_bridge.adapters.backchannel import Completion
from kc_bridge.domain import journey as rules
from kc_bridge.domain.errors import BridgeError, KeycloakUnavailable, StepOutOfOrder
from kc_bridge.domain.profile import JourneySpec, Page
from kc_bridge.services import Services
from kc_bridge.store.activation import AddressCheck, Journey
from kc_bridge.store.models import Person
from required_actions import address_checks, journeys
from required_actions.logins import Login, keep_login
from required_actions.registry import Outcome, Step, StepContext, get, page_form

__all__ = ["View", "conclude", "look", "record_known", "slug", "submit"]

UNASKED = "unasked"
"""Marks the record of a step that had no page."""
PATIENCE = 5.0
"""Seconds a second click waits for the first one's result."""


@dataclass(frozen=True)
class View:
    """Where somebody stands, read in one short transaction."""

    kcb: Services
    login: Login
    person: Person
    records: dict[str, dict[str, Any]]
    """What the steps done in this journey kept."""
    earlier: dict[str, dict[str, Any]]
    """The same of journeys finished before, for an account that is active."""
    checks: dict[str, AddressCheck]
    """Addresses not confirmed yet, by step."""
    confirmed: frozenset[str]
    """Addresses confirmed in this journey."""
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

    @property
    def waiting(self) -> AddressCheck | None:
        """The address this page waits for."""
        return next((self.checks[step] for step in self.page.steps if step in self.checks), None)

    @property
    def concluded(self) -> bool:
        """True when people have nothing more to decide, whether Keycloak knows it yet or not."""
        left = {step for page in self.pages for step in page.steps} - set(self.records)
        return self.finished or left <= rules.BRIDGE_ONLY

    def context(self, step: Step, page: Page | None = None) -> StepContext:
        """What a step of the page may know."""
        kcb, login = self.kcb, self.login
        return StepContext(
            person=self.person,
            profile=kcb.profile,
            language=str(get_locale() or "fr"),
            now=kcb.clock(),
            today=kcb.today(),
            options=step.options.model_validate(kcb.profile.options(step.name, page or self.page)),
            records=self.records,
            own=self._own(step.name),
            activates=login.activates,
            proved_address=login.proved_address,
            confirmed=self.confirmed,
            ticket=login.ticket,
        )

    def _own(self, step: str) -> dict[str, Any]:
        waiting = self.checks.get(step)
        return waiting.data if waiting else self.records.get(step) or self.earlier.get(step, {})

    def form(self) -> FlaskForm:
        """The page's form, as sent or as first shown."""
        contexts = [(step, self.context(step)) for step in self.steps]
        initial = {name: value for step, ctx in contexts for name, value in step.initial(ctx).items()}
        form = page_form(self.steps, initial)
        for step, ctx in contexts:
            step.prepare(ctx, form)
        return form

    def is_valid(self, form: FlaskForm) -> bool:
        """Checks what was sent; every error of every step is then in the form."""
        valid = form.validate_on_submit()
        for step in self.steps:
            for name, messages in step.check(self.context(step), form).items():
                form[name].errors = [*form[name].errors, *messages]
                valid = False
        return bool(valid)


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
        checks, confirmed = address_checks.of(db, journey)
        records = {step.step: dict(step.data) for step in journey.steps if step.step not in checks}
        earlier = {} if login.activates else journeys.earlier(db, person.id)
    spec = kcb.profile.journey(login.journey) or kcb.profile.journey_for(person.population)
    pages = _pages(spec, login, records, kcb.profile.steps_alone)
    records = {step: records[step] for page in pages for step in page.steps if step in records}
    pages = [page for page in pages if not all(UNASKED in records.get(step, {}) for step in page.steps)]
    current = rules.current(pages, records)
    slugs = [slug(page) for page in pages]
    index = current if asked is None else slugs.index(asked) if asked in slugs else -1
    if index < 0 or index > current or (finished and index < current):
        raise StepOutOfOrder(slugs[current])
    return View(kcb, login, person, records, earlier, checks, confirmed, pages, index, finished)


def _pages(
    spec: JourneySpec, login: Login, records: dict[str, dict[str, Any]], alone: list[str]
) -> list[Page]:
    if login.activates:
        return rules.pages_for(spec, login.acts, records, alone)
    return rules.pages_for_actions(spec, login.acts, alone)


def record_known(kcb: Services, login: Login) -> None:
    """Records the steps nobody needs to be asked (:meth:`Step.known`): they have no page. Keycloak is told with the
    next step that has one. Raises as :func:`look`."""
    view = look(kcb, login)
    if view.finished:
        return
    decided = {
        name: outcome
        for page in view.pages
        for name in page.steps
        if name not in view.records and name not in view.checks
        if (outcome := get(name).known(view.context(get(name), page))) is not None
    }
    if not decided:
        return
    with kcb.sessions.begin() as db:
        journeys.alone(db, login.journey_id)
        journey = journeys.fresh(db, login, kcb.clock(), kcb.today())
        _record(view, db, journey, decided, secret=False, marks={UNASKED: True})


def submit(view: View, form: FlaskForm) -> None:
    """Saves the page's steps here, then in Keycloak; the last one ends the journey.

    Order matters: what people decided is committed before Keycloak is asked, so a Keycloak that is down loses
    nothing; a password is kept nowhere, so its step is recorded only once Keycloak has it. A step whose address
    must be confirmed first is only held.

    Raises :class:`PasswordRefused`, :class:`TooManyTries`, :class:`JourneyError`, :class:`AccountClosed`,
    :class:`KeycloakUnavailable`.
    """
    _commit(view, {step.name: step.decide(view.context(step), form) for step in view.steps})


def conclude(view: View) -> None:
    """Ends a journey of which every step is recorded here, one of them by a mailed link or while Keycloak was down.

    Raises as :func:`submit`.
    """
    _commit(view, {})


def _commit(view: View, decided: dict[str, Outcome]) -> None:
    kcb, login, now = view.kcb, view.login, view.kcb.clock()
    held = {step: outcome for step, outcome in decided.items() if outcome.verify}
    done = {step: outcome for step, outcome in decided.items() if not outcome.verify}
    last = not held and _is_last(view)
    with kcb.sessions.begin() as db:
        journeys.alone(db, login.journey_id)
        journey = journeys.fresh(db, login, now, kcb.today())
        ours = not last or journeys.claim(db, journey, login, now)
        if ours:
            for step, outcome in held.items():
                address_checks.hold(db, journey, login, step, outcome.verify or "", _data(outcome), now)
            for step in done:
                if get(step).address_field:
                    address_checks.give_up(db, journey, login, step)
            _record(view, db, journey, done, secret=False)
    if not ours:
        _wait_for_the_other(view)
    elif done or not held:
        try:
            _settle(view, done, _complete(view, done), last=last)
        except BridgeError:
            if last:
                with kcb.sessions.begin() as db:
                    journeys.give_back(db, login)
            raise


def _settle(view: View, outcomes: dict[str, Outcome], completion: Completion, *, last: bool) -> None:
    kcb, login = view.kcb, view.login
    with kcb.sessions.begin() as db:
        journeys.alone(db, login.journey_id)
        journey = journeys.held(db, login) if last else journeys.fresh(db, login, kcb.clock(), kcb.today())
        _record(view, db, journey, outcomes, secret=True)
        if not completion.pending:
            journeys.finish(db, journey, login, kcb.clock(), kcb.settings)
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
    said = view.records | {step: _data(outcome) for step, outcome in outcomes.items()}
    attributes: dict[str, list[str]] = {}
    for data in said.values():
        attributes |= data.get("attributes", {})
    password = next((o.password for o in outcomes.values() if o.password is not None), None)
    left = {step for page in view.pages for step in page.steps} - set(said)
    unfinished = rules.actions_of(left)  # several steps may make up one action
    asked = [act for act in rules.actions_of(said) if act in view.login.acts and act not in unfinished]
    details: dict[str, dict[str, str]] = {act: {} for act in asked}
    for step, data in said.items():
        if rules.action_id(step) in details:
            details[rules.action_id(step)] |= data.get("details", {})
    keep = any(outcome.keep_sessions for outcome in outcomes.values()) and not view.login.activates
    return view.kcb.backchannel.complete(
        view.login.ticket, asked, attributes, password, details, keep_sessions=keep
    )


def _record(
    view: View,
    db: Session,
    journey: Journey,
    outcomes: dict[str, Outcome],
    *,
    secret: bool,
    marks: Mapping[str, bool] = MappingProxyType({}),
) -> None:
    """Keeps steps as done: those without a secret before Keycloak is asked, those with one after."""
    for step, outcome in outcomes.items():
        if (outcome.password is not None) is secret:
            journeys.record(journey, step, {**_data(outcome), **marks}, view.kcb.clock())
            for row in outcome.rows:
                db.merge(row)


def _data(outcome: Outcome) -> dict[str, Any]:
    return {
        **outcome.data,
        "attributes": outcome.attributes,
        "details": outcome.details,
        "person": outcome.person,
    }


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
