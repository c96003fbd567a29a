"""« Mon compte »: what is in force for somebody, until when and why, and the steps they may do again.

Nothing is changed here. « Modifier » asks Keycloak for the step (AIA), which asks for the password again when the login
is not fresh, and hands over to the wizard as any application's request does (ADR 19).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template
from flask_babel import get_locale
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.domain.account_end import rights
from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.calendar import date_in_words
from kc_bridge.domain.journey import BRIDGE_ONLY, action_id
from kc_bridge.domain.profile import JourneySpec, Page, UniversityProfile
from kc_bridge.services import services
from kc_bridge.store.models import Person
from kc_bridge.web.account.login import HOME, Here, ask, here, notice
from required_actions import agreements, journeys
from required_actions.people import ONLY_IN_KEYCLOAK
from required_actions.registry import Step, StepContext, get

__all__ = ["blueprint", "offered"]

blueprint = Blueprint("account", __name__, url_prefix=HOME, template_folder="templates")

PASSWORD = "new_password"  # noqa: S105
FORWARDING = "mail_forwarding"


@dataclass(frozen=True)
class Change:
    """Something to change, and what it is now."""

    label: str
    lines: list[str]
    url: str


@blueprint.get("")
def page() -> str:
    """Everything on one page, each change one press away."""
    visitor, kcb = here(), services()
    person = visitor.person
    journey = kcb.profile.journey_for(person.population) if person else kcb.profile.journeys[0]
    said = notice()
    return render_template(
        "account/account.html",
        account=visitor.account,
        name=person.display_name if person else None,
        mail=_mail(person),
        end=_end(person),
        known=person is not None and not person.key.startswith(ONLY_IN_KEYCLOAK),
        changes=_changes(visitor, offered(kcb.profile, [journey])),
        charter=agreements.latest_charter(person) if person else None,
        notice_status=said.status if said else None,
        notice_label=_label_of(said.action) if said else None,
    )


@blueprint.get("/modifier/<slug>")
def change(slug: str) -> BaseResponse:
    """Asks Keycloak for one step of whoever is logged in there, or logs in first; it comes back to this page."""
    kcb = services()
    step = slug.replace("-", "_")
    if step not in offered(kcb.profile, kcb.profile.journeys):
        abort(404)
    return ask(action=action_id(step))


@blueprint.get("/accords")
def accepted() -> str:
    """What somebody accepted or refused, and when: charter and consents, with the words they read."""
    visitor = here()
    person = visitor.person
    return render_template(
        "account/agreements.html",
        account=visitor.account,
        charters=agreements.charters(person) if person else [],
        consents=agreements.consents(person) if person else [],
    )


def offered(profile: UniversityProfile, wanted: list[JourneySpec]) -> list[str]:
    """Steps people of these journeys may do again by themselves: the password, then the others in their order."""
    steps = [PASSWORD, *(step for journey in wanted for step in journey.steps), *profile.steps_alone]
    return [step for step in dict.fromkeys(steps) if step not in BRIDGE_ONLY and get(step).again]


def _changes(visitor: Here, steps: list[str]) -> list[Change]:
    kcb, person = services(), visitor.person
    kept: dict[str, dict[str, Any]] = {}
    if person is not None:
        with kcb.sessions() as db:
            kept = journeys.earlier(db, person.id)
    return [
        Change(
            label=_label(get(step)),
            lines=get(step).present(_context(person, get(step), kept)) if person else [],
            url=f"{HOME}/modifier/{step.replace('_', '-')}",
        )
        for step in steps
    ]


def _context(person: Person, step: Step, kept: dict[str, dict[str, Any]]) -> StepContext:
    kcb = services()
    return StepContext(
        person=person,
        profile=kcb.profile,
        language=_language(),
        now=kcb.clock(),
        today=kcb.today(),
        options=step.options.model_validate(kcb.profile.options(step.name, Page(steps=[step.name]))),
        own=kept.get(step.name, {}),
        activates=False,
    )


def _end(person: Person | None) -> dict[str, Any] | None:
    """Until when, and each right that says so; None for somebody no source names."""
    if person is None or not person.affiliations:
        return None
    kcb, language = services(), _language()
    mine = [_plain(affiliation) for affiliation in person.affiliations]
    found = rights(mine, person.account_end, kcb.today())
    return {
        "date": date_in_words(person.account_end, language) if person.account_end else None,
        "rights": [(right, date_in_words(right.end, language) if right.end else None) for right in found],
        "enrolled": any(right.decides and right.year for right in found),
    }


def _plain(row: Any) -> Affiliation:
    return Affiliation(
        source=row.source,
        source_key=row.source_key,
        population=row.population,
        start=row.start,
        end=row.end,
        status=row.status,
        year=row.year,
        programme=row.programme,
        label=row.label or row.programme,
        reason=row.reason,
    )


def _mail(person: Person | None) -> str | None:
    """The university mail; some people only Keycloak knows have none."""
    return person.mail if person and not person.mail.startswith(ONLY_IN_KEYCLOAK) else None


def _label(step: Step) -> str:
    return str(step.label or step.title)


def _label_of(action: str) -> str:
    kcb = services()
    found = next(
        (step for step in offered(kcb.profile, kcb.profile.journeys) if action_id(step) == action), None
    )
    return _label(get(found)) if found else ""


def _language() -> str:
    return str(get_locale() or "fr")
