"""Etapes 4-1 and 5: another backup mail, and the mail that goes there. For the browser that has proved who it is."""

from __future__ import annotations

from datetime import datetime

from flask import make_response, redirect, render_template, request
from flask.wrappers import Response
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse
from wtforms import EmailField, ValidationError

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.domain.identification import awaits_activation
from kc_bridge.domain.profile import JourneySpec
from kc_bridge.services import Services, services
from kc_bridge.store.models import Person
from kc_bridge.web.dead_end import retry_after
from kc_bridge.web.words import clock_in_words
from required_actions import address_changes, address_checks, links
from required_actions.mail_address import objection, usable, written_already
from required_actions.number_proof import holder, ine_besides_identifier
from required_actions.problem.area import (
    ADDRESS,
    NOTICES,
    PROOF,
    Proof,
    blueprint,
    keep,
    kept,
    link_expires_at,
)
from required_actions.problem.words import until_text
from required_actions.registry import get
from required_actions.typed import one_line

__all__: list[str] = []

STEP = "backup_mail"
SENT = f"{ADDRESS}/mail"


class AddressForm(FlaskForm):
    backup_mail = EmailField(_l("Adresse mail de secours"), filters=[one_line])

    def validate_backup_mail(self, field: EmailField) -> None:
        profile = services().profile
        problem = objection(field.data, profile, _refused_domains())
        if problem:
            raise ValidationError(problem)


@blueprint.get("/adresse")
def ask_address() -> BaseResponse | str:
    """Etape 4-1: the address known now, and another."""
    kcb, proof = services(), kept()
    with kcb.sessions() as db:
        person = _proved(db, kcb, proof)
    return _page(person, AddressForm(formdata=None)) if person else _prove_again()


@blueprint.post("/adresse")
def give_address() -> BaseResponse | Response:
    """Has the link mailed to the address given; it becomes the backup mail once that mailbox has been read."""
    kcb, proof = services(), kept()
    with kcb.sessions() as db:
        person = _proved(db, kcb, proof)
    if person is None or proof is None:
        return _prove_again()
    form = AddressForm(request.form)
    if not form.validate():
        return make_response(_page(person, form), 422)
    try:
        proof = _give(kcb, proof, usable(form.backup_mail.data))
    except TooManyTries as held:
        return _too_many_mails(person, form, held)
    return redirect(SENT if proof else PROOF, 303)


@blueprint.get("/adresse/mail")
def mail_sent() -> BaseResponse | str:
    """Etape 5: where the mail went, until when its link lives, again, elsewhere."""
    kcb, proof = services(), kept()
    if proof is None or proof.sent_to is None or proof.sent_at is None:
        return redirect(ADDRESS, 303)
    with kcb.sessions() as db:
        person = _proved(db, kcb, proof)
        if person is None:
            return _prove_again()
        again = address_checks.free_at(db, proof.person_id, proof.sent_to, kcb.clock())
    ends = link_expires_at(kcb, datetime.fromisoformat(proof.sent_at), [_journey(kcb, person)])
    return render_template(
        "problem_address_sent.html",
        account=person.login,
        address=proof.sent_to,
        until_text=until_text(kcb, ends),
        resend_at_text=clock_in_words(again) if again else None,
        resend_url=SENT,
        change_url=ADDRESS,
    )


@blueprint.post("/adresse/mail")
def resend_there() -> BaseResponse:
    """The same mail once more; a refresh never sends one."""
    kcb, proof = services(), kept()
    if proof is None or proof.sent_to is None:
        return redirect(ADDRESS, 303)
    try:
        proof = _give(kcb, proof, proof.sent_to)
    except TooManyTries:  # the page itself says when
        return redirect(SENT, 303)
    return redirect(SENT if proof else PROOF, 303)


def _give(kcb: Services, proof: Proof, address: str) -> Proof | None:
    """Keeps the address and has its mail sent; None when the account is another than it was when this was proved.

    Whoever gives an address, opens a link, ends a journey or undoes a change holds the person's row. Raises
    :class:`TooManyTries`, and :class:`Unavailable` while another browser is activating the account.
    """
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        links.alone(db, proof.person_id)
        person = _proved(
            db, kcb, proof
        )  # another link, an activation, « ce n'est pas moi »: seen here at last
        if person is None:
            return None
        address_checks.spend(db, person.id, address, now)
        address_changes.give(db, person, address, now)
        generation = person.generation
    return keep(proof, generation=generation, sent_to=address, sent_at=now.isoformat())


def _proved(db: Session, kcb: Services, proof: Proof | None) -> Person | None:
    """The person of a proof that still counts, whose account still waits: asked when reading and again at commit."""
    person = db.get(Person, proof.person_id, populate_existing=True) if proof else None
    if person is None or proof is None or person.generation != proof.generation:
        return None
    known = holder(kcb.profile, person, ine_besides_identifier, kcb.clock())
    still_waits = awaits_activation(known, kcb.today()) and not known.frozen
    return person if still_waits and known.kinds else None


def _prove_again() -> BaseResponse:
    return redirect(PROOF, 303)


def _journey(kcb: Services, person: Person) -> JourneySpec:
    return kcb.profile.journey_for(person.population)


def _refused_domains() -> tuple[str, ...]:
    """As the step of that name has them, wherever this university asks it."""
    profile, step = services().profile, get(STEP)
    pages = [page for journey in profile.asked_by_identifier for page in journey.pages if STEP in page.steps]
    options = [profile.options(STEP, page) for page in pages] or [profile.steps.get(STEP, {})]
    found = [step.options.model_validate(values) for values in options]
    return tuple(domain for one in found for domain in one.refused_domains)  # type: ignore[attr-defined]


def _page(person: Person, form: AddressForm) -> str:
    kcb = services()
    return render_template(
        "problem_address.html",
        form=form,
        account=person.login,
        masked_address=address_checks.masked(person.personal_mail) if person.personal_mail else None,
        notices=[kcb.profile.notice(NOTICES[1]).told(str(get_locale() or "fr"))],
        privacy_contact=kcb.profile.privacy.contact,
    )


def _too_many_mails(person: Person, form: AddressForm, held: TooManyTries) -> Response:
    """The page again: what was typed is not lost, and says when it may be sent in."""
    form["backup_mail"].errors = [written_already(held)]
    response = make_response(_page(person, form), 429)
    response.headers.update(retry_after(held.until))
    return response
