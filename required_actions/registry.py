"""The steps there are: each is one file in ``required_actions/steps`` and one template of that name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store.models import Person

__all__ = ["Fields", "Outcome", "Step", "StepContext", "get", "load_steps", "page_form", "register"]


class Fields:
    """Base of a step's fields; a page's form is made of the fields of all its steps."""


@dataclass(frozen=True)
class StepContext:
    """What a step may know: whose it is, the page's options, the language and the time."""

    person: Person
    profile: UniversityProfile
    language: str
    now: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """``data`` of the steps already done in this journey."""


@dataclass(frozen=True)
class Outcome:
    """What a step decided."""

    attributes: dict[str, list[str]] = field(default_factory=dict)
    """For Keycloak's user; only names its action allows are written."""
    data: dict[str, Any] = field(default_factory=dict)
    """For the journey's record: no secret."""
    password: str | None = None
    """Goes to Keycloak at once and is kept nowhere."""


class Step:
    """One activation step."""

    name: str
    title: str
    """Page title when the step stands alone, a lazy string."""
    fields: type[Fields] = Fields
    page: str = "page.html"
    """Template of a page this step closes; one that is no form brings its own."""

    @property
    def template(self) -> str:
        return f"steps/{self.name}.html"

    def context(self, ctx: StepContext) -> dict[str, Any]:  # noqa: ARG002
        """Variables for the step's template."""
        return {}

    def save(self, db: Session, ctx: StepContext, form: FlaskForm) -> Outcome:  # noqa: ARG002
        """Keeps what the person decided; runs in the transaction that records the step as done."""
        return Outcome()


_steps: dict[str, Step] = {}


def register(step: type[Step]) -> type[Step]:
    """Class decorator: makes a step known under its ``name``."""
    _steps[step.name] = step()
    return step


def get(name: str) -> Step:
    """The step of that name; ``KeyError`` when there is none."""
    return _steps[name]


def load_steps() -> None:
    """Imports every module of ``required_actions.steps``."""
    package = import_module("required_actions.steps")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def page_form(steps: list[Step]) -> FlaskForm:
    """One form with the fields of all the steps of a page, in order."""
    bases = tuple(step.fields for step in reversed(steps) if step.fields is not Fields)
    form: FlaskForm = type("PageForm", (*bases, FlaskForm), {})()
    # WTForms sorts by the moment each field's class was read: whichever module was imported first.
    names = [name for step in steps for name in vars(step.fields) if name in form._fields]
    form._fields = {name: form._fields[name] for name in dict.fromkeys([*names, *form._fields])}
    return form
