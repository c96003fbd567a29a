"""The steps there are: each is one file in ``required_actions/steps`` and one template of that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.datastructures import MultiDict

from kc_bridge.domain import plugins
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.fault import Fault, of_validation, there_is_no
from kc_bridge.domain.journey import BRIDGE_ONLY, KEYCLOAK_STEPS
from kc_bridge.domain.profile import Page, UniversityProfile
from kc_bridge.domain.profile_sense import page_place
from kc_bridge.store.base import Base
from kc_bridge.store.models import Person

__all__ = [
    "Fields",
    "Options",
    "Outcome",
    "Step",
    "StepContext",
    "faults",
    "get",
    "load_steps",
    "names",
    "notices",
    "page_form",
    "register",
    "worded",
]


def worded(texts: Mapping[str, str], language: str) -> str:
    """A text of the profile in that language, else in the first one written; empty when there is none."""
    return texts.get(language) or next(iter(texts.values()), "")


class Fields:
    """Base of a step's fields; a page's form is made of the fields of all its steps, so names are the step's own."""


class Options(BaseModel):
    """Base of what a profile may choose about a step, in ``[steps.<name>]`` or on a page."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class StepContext:
    """What a step may know: whose it is, its options, the language and the time."""

    person: Person
    profile: UniversityProfile
    language: str
    now: datetime
    today: date
    """The day it is at the university."""
    options: Any = None
    """The step's own :class:`Options`."""
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """``data`` of the steps already done in this journey."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """What the step itself kept last: done, waiting for an address, or in an earlier journey of the person."""
    activates: bool = True
    """False when the step was asked for outside an activation."""
    proved_address: str | None = None
    """The mailbox this person has just read: the link that began this login was sent there."""
    confirmed: frozenset[str] = frozenset()
    """Addresses whose mailed link was followed in this journey."""
    ticket: str = field(default="", repr=False)
    """Names the login on the back channel."""


@dataclass(frozen=True)
class Outcome:
    """What a step decided, for the wizard to keep and to tell Keycloak."""

    attributes: dict[str, list[str]] = field(default_factory=dict)
    """For Keycloak's user; only names its action allows are written."""
    data: dict[str, Any] = field(default_factory=dict)
    """For the journey's record and its summary: no secret."""
    details: dict[str, str] = field(default_factory=dict)
    """For Keycloak's event, which administrators read: neither secret nor personal data."""
    password: str | None = None
    """Goes to Keycloak at once and is kept nowhere."""
    verify: str | None = None
    """A mail address whose owner must confirm it before the step counts as done."""
    keep_sessions: bool = False
    """Of a password: leaves the person's other logins alive, as they asked. Never in an activation or recovery."""
    person: dict[str, str | None] = field(default_factory=dict)
    """Columns of the person that change once the step is done."""
    rows: tuple[Base, ...] = ()
    """Proofs to keep, merged by their primary key; not for a step that waits for an address."""


class Step:
    """One activation step."""

    name: str
    title: str
    """Page title when the step stands alone, a lazy string."""
    label: str = ""
    """What « Mon compte » calls it, a lazy string; default: the title."""
    again: bool = True
    """Whether people may do it again by themselves, from « Mon compte »."""
    fields: type[Fields] = Fields
    options: type[Options] = Options
    attributes: tuple[str, ...] = ()
    """Of a plug-in step: attributes of Keycloak's user it writes. Those of our own steps are in the JAR's gear."""
    collects: bool = False
    """True when the page asks for personal data: the profile's notice is shown with it."""
    address_field: str = ""
    """For a step that waits for an address to be confirmed: the field it is typed in."""
    change_label: str = ""
    """For such a step: the button that corrects the address, a lazy string."""
    page: str = "page.html"
    """Template of a page this step closes; one that is no form brings its own."""

    @property
    def template(self) -> str:
        return f"steps/{self.name}.html"

    def context(self, ctx: StepContext) -> dict[str, Any]:  # noqa: ARG002
        """Variables for the step's template."""
        return {}

    def initial(self, ctx: StepContext) -> dict[str, Any]:  # noqa: ARG002
        """What the fields hold when the page is first shown, by field name."""
        return {}

    def prepare(self, ctx: StepContext, form: FlaskForm) -> None:
        """Completes the form with what depends on the person or the profile, as choices do."""

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:  # noqa: ARG002
        """Errors by field that the fields' own validators cannot see. Called on every form sent, valid or not."""
        return {}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:  # noqa: ARG002
        """What a valid form comes to. Writes nothing: the wizard keeps the outcome in one transaction."""
        return Outcome()

    def known(self, ctx: StepContext) -> Outcome | None:  # noqa: ARG002
        """What the step comes to without asking, when the profile says so; None: its page is shown."""
        return None

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG002
        """What the summary says of the step: labels and values, in the present language."""
        return []

    def present(self, ctx: StepContext) -> list[str]:
        """What is in force now, for « Mon compte »: lines in the present language; none when nothing is known."""
        return [value for _label, value in self.recorded(ctx.own)] if ctx.own else []


_steps: dict[str, Step] = {}


def register(step: type[Step]) -> type[Step]:
    """Class decorator: makes a step known under its ``name``."""
    _steps[step.name] = step()
    return step


def get(name: str) -> Step:
    """The step of that name; raises :class:`ConfigurationError` when nobody wrote one, though Keycloak asks for it."""
    step = _steps.get(name)
    if step is None:
        raise ConfigurationError(
            f"Keycloak asks for the step « {name} », which this bridge does not have.",
            "Switch that required action off in the console, or install the step.",
        )
    return step


def load_steps() -> None:
    """Imports every module of ``required_actions.steps``, and the steps other packages bring.

    Raises :class:`ConfigurationError` for a plug-in that is no step, is named otherwise than it says, or like ours.
    """
    package = import_module("required_actions.steps")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    for name, step in plugins.load(plugins.STEPS).items():
        if not (isinstance(step, type) and issubclass(step, Step) and step.name == name):
            raise ConfigurationError(
                f"The plug-in step « {name} » is not a Step of that name ({step!r}).",
                "Name in the entry point a subclass of required_actions.registry.Step whose name is the same.",
            )
        if name in KEYCLOAK_STEPS | BRIDGE_ONLY:
            raise ConfigurationError(
                f"The plug-in step « {name} » bears the name of one of ours.", "Give it another."
            )
        register(step)


def names() -> list[str]:
    """The steps there are."""
    return sorted(_steps)


def faults(profile: UniversityProfile) -> Iterator[Fault]:
    """Steps and options there are not."""
    for place, page in _pages(profile):
        for name in page.steps:
            if name not in _steps:
                yield there_is_no("step", name, _steps, place)
                continue
            options, chosen = _steps[name].options, profile.options(name, page)
            try:
                options.model_validate(chosen)
            except ValidationError as error:
                here = page.options.get(name, {})
                yield from of_validation(
                    error, options, chosen, partial(_options_place, name, f"{place}, options", here)
                )


def notices(profile: UniversityProfile) -> dict[str, str]:
    """The notices a profile needs for its steps, and why."""
    asked = [name for _, page in _pages(profile, unused=False) for name in page.steps]
    return {name: f"the step « {name} »" for name in asked if name in _steps and _steps[name].collects}


def _pages(profile: UniversityProfile, *, unused: bool = True) -> Iterator[tuple[str, Page]]:
    """Wherever a profile names steps; ``unused``: also where it has options for steps it does not name."""
    for journey in profile.journeys:
        for number, page in enumerate(journey.pages, 1):
            yield page_place(journey, number), page
    for name in profile.steps_alone:
        yield "steps_alone", Page(steps=[name])
    if unused:
        named = {step for journey in profile.journeys for step in journey.steps} | set(profile.steps_alone)
        for name in profile.steps:
            if name not in named:
                yield f"steps.{name}", Page(steps=[name])


def _options_place(step: str, page: str, here: Mapping[str, Any], option: Any) -> str:
    return f"{page}.{step}" if option in here else f"steps.{step}"


class _TypedForm(FlaskForm):
    """Takes what fields hold, and neither files nor JSON in their place: steps count on texts."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> MultiDict[str, str] | None:  # noqa: ARG002
            return request.form if request.method == "POST" else None


def page_form(steps: list[Step], initial: Mapping[str, Any]) -> FlaskForm:
    """One form with the fields of all the steps of a page, in order; ``initial``: what they hold when first shown.

    What is sent as anything but a form says nothing, not even what the page would have proposed.
    """
    bases = tuple(step.fields for step in reversed(steps) if step.fields is not Fields)
    shown = initial if request.form or request.method != "POST" else {}
    form: FlaskForm = type("PageForm", (*bases, _TypedForm), {})(data=shown)
    # WTForms sorts by the moment each field's class was read: whichever module was imported first.
    names = [name for step in steps for name in vars(step.fields) if name in form._fields]
    form._fields = {name: form._fields[name] for name in dict.fromkeys([*names, *form._fields])}
    return form
