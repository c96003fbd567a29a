"""Text messages of the safety plan: a consent that must be an act, and the number it is for.

Who owns ``Person.phone``: the source of records until the account is activated, then the person. Consenting replaces
it by the number given; withdrawing a consent erases it. A refusal that withdraws nothing leaves the number of the
enrolment alone: it was not given here, and the registrar holds it for reasons of their own. Keycloak's copy goes in
both cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TelField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from kc_bridge.domain.phone import Ambiguous, NotMobile, PhoneRefused, mobile, readable
from required_actions import consents
from required_actions.registry import Fields, Outcome, Step, StepContext, register
from required_actions.typed import one_line
from required_actions.yes_or_no import recorded_choice

__all__ = ["SmsConsent"]

YES = "yes"


class SmsConsentFields(Fields):
    sms_consent = RadioField(
        _l(
            "Acceptez-vous de recevoir des messages SMS en provenance de l'université dans le cadre du plan de"
            " sécurité de l'établissement (plan Vigipirate, alerte météorologique…) ?"
        ),
        choices=[SelectChoice(YES, _l("Oui, j'accepte")), SelectChoice("no", _l("Non, je refuse"))],
        validators=[InputRequired(_l("Choisissez si vous acceptez ou refusez les messages SMS."))],
    )
    sms_phone = TelField(_l("Numéro de téléphone mobile"), filters=[one_line])


@register
class SmsConsent(Step):
    name = "sms_consent"
    title = _l("Messages SMS de l'université")
    label = _l("Messages SMS")
    fields = SmsConsentFields
    collects = True

    def context(self, ctx: StepContext) -> dict[str, Any]:
        return {"sms_given": consents.present(ctx.person.id, self.name)}

    def initial(self, ctx: StepContext) -> dict[str, Any]:
        return {"sms_phone": readable(ctx.person.phone) if ctx.person.phone else ""}

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:  # noqa: ARG002
        if form["sms_consent"].data != YES:
            return {}
        try:
            mobile(form["sms_phone"].data)
        except PhoneRefused as refused:
            return {"sms_phone": [_advice(form["sms_phone"].data, refused)]}
        return {}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        given = form["sms_consent"].data == YES
        question = str(form["sms_consent"].label.text)
        number = mobile(form["sms_phone"].data) if given else None
        withdraws = not given and consents.present(ctx.person.id, self.name)
        said = "true" if given else "false"
        return Outcome(
            attributes={
                "kcbSmsConsent": [said],
                "supannTelephonePrive": [f"{{MOBPERSO}}{number}"] if number else [],
            },
            data={"given": given},
            details={"given": said},
            person={"phone": number} if given or withdraws else {},
            rows=(consents.proof(ctx, self.name, given=given, question=question),),
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(_("Choix pour les SMS"), recorded_choice(given=data["given"]))]

    def present(self, ctx: StepContext) -> list[str]:
        given = consents.present(ctx.person.id, self.name)
        if given and ctx.person.phone:
            return [_("Oui, au %(number)s", number=readable(ctx.person.phone))]
        return [_("Oui") if given else _("Non")]


def _advice(written: str, refused: PhoneRefused) -> str:
    if not written:
        return _("Saisissez le numéro de mobile où recevoir les messages SMS.")
    match refused:
        case NotMobile():
            return _("Saisissez un numéro de mobile : un téléphone fixe ne reçoit pas de SMS.")
        case Ambiguous():
            return _(
                "Ajoutez + et l'indicatif du territoire devant ce numéro, par exemple +687 75 12 34"
                " en Nouvelle-Calédonie."
            )
        case _:
            return _(
                "Saisissez un numéro de mobile qui existe : 10 chiffres en France, comme 06 12 34 56 78 ;"
                " ailleurs + et l'indicatif du pays, comme +32 470 12 34 56."
            )
