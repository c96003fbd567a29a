"""Etape 4: the INE and the birth date, which prove who may give another address. Counted as everywhere else."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import make_response, redirect, render_template, request
from flask.wrappers import Response
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import Row
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.domain.login import meant_by
from kc_bridge.domain.numbers import as_typed
from kc_bridge.services import Services, services
from kc_bridge.web import sessions
from required_actions import by_identifier, identify_tries
from required_actions.identifying import KINDS
from required_actions.number_proof import NumberForm, ine_besides_identifier, opened
from required_actions.problem.area import ADDRESS, IDENTIFIER, KIND, NOTICES, Proof, blueprint, keep
from required_actions.problem.identifier import SENT

__all__: list[str] = []


@blueprint.get("/verification")
def prove() -> BaseResponse | str:
    """Asks for the number INE and the birth date."""
    if by_identifier.asked(KIND) is None:
        return redirect(IDENTIFIER, 303)
    return _page(NumberForm(formdata=None))


@blueprint.post("/verification")
def check() -> BaseResponse | Response:
    """Opens the next page to the person of the identifier typed; whatever else is given is answered alike."""
    kcb, typed = services(), by_identifier.asked(KIND)
    if typed is None:
        return redirect(IDENTIFIER, 303)
    form = NumberForm(request.form)
    if not form.validate() or form.born is None:
        return make_response(_page(form), 422)
    number = as_typed(form.number.data, "ine")
    identify_tries.count(kcb, "ine", number, form.born, request.remote_addr)
    person = _person(kcb, typed, number, form.born)
    if person is None:
        form.form_errors = [_("Nous n'avons pas pu vérifier que ce compte est le vôtre.")]
        return make_response(_page(form, refused=True), 422)
    sessions.renew(by_identifier.ASKED)
    keep(Proof(person.id, person.generation, kcb.clock().isoformat()))
    return redirect(ADDRESS, 303)


def _person(kcb: Services, typed: str, number: str, born: date) -> Row[Any] | None:
    """Whoever holds the number, was born that day, and is called as typed; one query, whatever comes of it."""
    with kcb.sessions() as db:
        person = opened(db, kcb, "ine", number, born, ine_besides_identifier)
    logins = meant_by(typed, kcb.profile.mail_domains.values())
    return person if person and person.login in logins else None


def _page(form: NumberForm, *, refused: bool = False) -> str:
    kcb = services()
    return render_template(
        "problem_proof.html",
        form=form,
        kind=KINDS["ine"],
        refused=refused,
        identifier=by_identifier.asked(KIND),
        identifier_url=IDENTIFIER,
        back_url=SENT,
        notices=[kcb.profile.notice(NOTICES[0]).told(str(get_locale() or "fr"))],
        privacy_contact=kcb.profile.privacy.contact,
    )
