"""« Consultation en ligne » (seed 001): a student number and a birth date show one's identifier and enrolments.

Nothing is opened, and nothing kept: neither here nor in the browser's session. What does not show anything is answered
alike, after the same work: an unknown number, another birth date, somebody without an enrolment this year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, make_response, render_template, request
from flask.wrappers import Response
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from kc_bridge.domain.consultation import is_shown, university_year
from kc_bridge.domain.numbers import NumberKind, as_typed
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.services import services
from kc_bridge.store import audit
from kc_bridge.store.models import Affiliation
from required_actions import identify_tries
from required_actions.identifying import NOTICE
from required_actions.number_proof import NumberForm, named

__all__ = ["blueprint", "notices"]

KIND: NumberKind = "student_number"

blueprint = Blueprint("consulting", __name__, url_prefix="/consultation", template_folder="templates")


def notices(profile: UniversityProfile) -> dict[str, str]:
    """The notices a profile needs to offer this page, and why."""
    return {NOTICE: "« consultation = true »"} if profile.consultation else {}


@blueprint.before_request
def _must_be_offered() -> None:
    if not services().profile.consultation:
        abort(404)


@blueprint.get("")
def show() -> str:
    """Asks for number and birth date."""
    return _page(NumberForm(formdata=None))


@blueprint.post("")
def send() -> str | Response:
    """Shows what there is, on this page alone: Back leads to the empty form."""
    kcb, form = services(), NumberForm(request.form)
    if not form.validate() or form.born is None:
        return make_response(_page(form), 422)
    number = as_typed(form.number.data, KIND)
    identify_tries.count(kcb, KIND, number, form.born, request.remote_addr)
    with kcb.sessions() as db:
        person, enrolments = _found(db, number, kcb.today())
    if person is None or not is_shown(person.birth_date, form.born, len(enrolments)):
        form.form_errors = [
            _(
                "Aucune inscription de l'année en cours ne correspond à ce numéro et à cette date de naissance."
                " Vérifiez-les, ou contactez votre service de scolarité."
            )
        ]
        return make_response(_page(form), 422)
    with kcb.sessions.begin() as db:
        audit.record(db, kcb.clock(), "person", "consultation.shown", person.id)
    return render_template("consultation.html", account=person.login, enrolments=enrolments)


def _found(db: Session, number: str, today: date) -> tuple[Row[Any] | None, Sequence[Affiliation]]:
    """Whoever holds the number, and their enrolments of this university year and, once it opens, the next."""
    person = named(db, KIND, number)
    enrolments = select(Affiliation).where(
        Affiliation.person_id == (person.id if person else ""), Affiliation.year >= university_year(today)
    )
    return person, db.scalars(enrolments.order_by(Affiliation.year, Affiliation.source_key)).all()


def _page(form: NumberForm) -> str:
    profile = services().profile
    return render_template(
        "consultation_form.html",
        form=form,
        notices=[profile.notice(NOTICE).told(str(get_locale() or "fr"))],
        privacy_contact=profile.privacy.contact,
    )
