"""A use of somebody's data that is off unless they say yes, and that minors are not asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from kc_bridge.domain.age import is_minor
from required_actions import consents
from required_actions.registry import Outcome, Step, StepContext

__all__ = ["YesOrNo", "recorded_choice", "yes_no_field"]

YES, NO = "yes", "no"


def yes_no_field(question: Any) -> Any:
    """The field of such a step; ``question`` is a lazy string."""
    return RadioField(
        question,
        choices=[SelectChoice(YES, _l("Oui")), SelectChoice(NO, _l("Non"))],
        validators=[InputRequired(_l("Choisissez oui ou non."))],
    )


class YesOrNo(Step):
    """Base of these steps: one question, whose field bears the step's name, and one attribute.

    Under eighteen the page announces a paper for a guardian to sign; « non » holds until the university has it.
    """

    attribute: str
    """Keycloak's attribute, ``true`` or ``false``."""
    label: str
    """On the summary, a lazy string."""
    collects = True

    def context(self, ctx: StepContext) -> dict[str, Any]:
        return {"guardian": _guardian_text() if _is_minor(ctx) else None}

    def initial(self, ctx: StepContext) -> dict[str, Any]:
        return {self.name: YES if consents.present(ctx.person.id, self.name) else NO}

    def prepare(self, ctx: StepContext, form: FlaskForm) -> None:
        if _is_minor(ctx):
            del form[self.name]  # whatever is sent under this name is nobody's answer

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        minor = _is_minor(ctx)
        given = not minor and form[self.name].data == YES
        asked = _guardian_text() if minor else str(form[self.name].label.text)
        reason = consents.MINOR if minor else None
        said = "true" if given else "false"
        return Outcome(
            attributes={self.attribute: [said]},
            data={"given": given, "minor": minor},
            details={"given": said},
            rows=(consents.proof(ctx, self.name, given=given, question=asked, reason=reason),),
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        if data["minor"]:
            return [(str(self.label), _("Non, jusqu'à l'accord écrit de votre responsable légal"))]
        return [(str(self.label), recorded_choice(given=data["given"]))]


def recorded_choice(*, given: bool) -> str:
    """« Correctement enregistré : oui », for the summary."""
    return _("Correctement enregistré : %(choice)s", choice=_("oui") if given else _("non"))


def _guardian_text() -> str:
    """What minors read in place of the question."""
    return _(
        "Vous avez moins de 18 ans : votre responsable légal donne cet accord par écrit, sur le formulaire que"
        " l'université vous remettra. Jusque-là, la réponse est « non »."
    )


def _is_minor(ctx: StepContext) -> bool:
    return is_minor(ctx.person.birth_date, ctx.today)
