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
from kc_bridge.store.base import Base
from required_actions import consents
from required_actions.registry import Options, Outcome, Step, StepContext

__all__ = ["YesOrNo", "YesOrNoOptions", "recorded_choice", "yes_no_field"]

YES, NO = "yes", "no"


def yes_no_field(question: Any) -> Any:
    """The field of such a step; ``question`` is a lazy string."""
    return RadioField(
        question,
        choices=[SelectChoice(YES, _l("Oui")), SelectChoice(NO, _l("Non"))],
        validators=[InputRequired(_l("Choisissez oui ou non."))],
    )


class YesOrNoOptions(Options):
    """``[steps.<name>]`` of a profile."""

    asked: bool = True
    """False: an activation asks nobody, and « non » holds until the person says otherwise (GDPR art. 25.2)."""


class YesOrNo(Step):
    """Base of these steps: one question, whose field bears the step's name, and one attribute.

    Under eighteen the page announces a paper for a guardian to sign; « non » holds until the university has it.
    """

    options = YesOrNoOptions

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
        if _is_minor(ctx):
            return self._not_asked(ctx, consents.MINOR, _guardian_text())
        given = form[self.name].data == YES
        row = consents.proof(ctx, self.name, given=given, question=str(form[self.name].label.text))
        return self._outcome(given=given, rows=(row,))

    def known(self, ctx: StepContext) -> Outcome | None:
        """What the person decided before, else « non », where the university asks nobody."""
        if ctx.options.asked or not ctx.activates:
            return None
        decided = consents.present(ctx.person.id, self.name)
        if decided is not None:
            return self._outcome(given=decided)
        reason = consents.MINOR if _is_minor(ctx) else consents.NOT_ASKED
        return self._not_asked(ctx, reason, _told(reason))

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        reason = data["reason"]
        return [(str(self.label), _told(reason) if reason else recorded_choice(given=data["given"]))]

    def present(self, ctx: StepContext) -> list[str]:
        if _is_minor(ctx):
            return [_told(consents.MINOR)]
        return [_("Oui") if consents.present(ctx.person.id, self.name) else _("Non")]

    def _not_asked(self, ctx: StepContext, reason: str, told: str) -> Outcome:
        """« Non », on nobody's word; ``told``: what they read in place of the question."""
        row = consents.proof(ctx, self.name, given=False, question=told, reason=reason)
        return self._outcome(given=False, reason=reason, rows=(row,))

    def _outcome(self, *, given: bool, reason: str | None = None, rows: tuple[Base, ...] = ()) -> Outcome:
        said = "true" if given else "false"
        return Outcome(
            attributes={self.attribute: [said]},
            data={"given": given, "reason": reason},
            details={"given": said},
            rows=rows,
        )


def recorded_choice(*, given: bool) -> str:
    """« Correctement enregistré : oui », for the summary."""
    return _("Correctement enregistré : %(choice)s", choice=_("oui") if given else _("non"))


def _told(reason: str) -> str:
    """What the summary says of a « non » nobody was asked for."""
    if reason == consents.MINOR:
        return _("Non, jusqu'à l'accord écrit de votre responsable légal")
    return _("Correctement enregistré : non, tant que vous ne l'acceptez pas")


def _guardian_text() -> str:
    """What minors read in place of the question."""
    return _(
        "Vous avez moins de 18 ans : votre responsable légal donne cet accord par écrit, sur le formulaire que"
        " l'université vous remettra. Jusque-là, la réponse est « non »."
    )


def _is_minor(ctx: StepContext) -> bool:
    return is_minor(ctx.person.birth_date, ctx.today)
