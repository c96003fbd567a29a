"""A secret question and its answer, of which only a hash is kept (see ``required_actions.secret_answers``).

**Never the only factor**: the answer may one day confirm who asks, besides something else; alone it opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from kc_bridge.domain import secret_answer
from kc_bridge.services import services
from kc_bridge.store.decisions import SecurityAnswer
from required_actions.registry import Fields, Outcome, Step, StepContext, register, worded
from required_actions.secret_answers import hashed
from required_actions.security_questions import SecurityQuestionOptions
from required_actions.typed import ShownOnce, one_line

__all__ = ["SecurityQuestion"]

OWN = "own"
LONGEST = 200
"""Characters of a question of one's own, or of an answer."""
SHORTEST_QUESTION = 5


class SecurityQuestionFields(Fields):
    # Checked by the step, in its own words: the choices depend on the profile and on the language.
    security_question = SelectField(_l("Votre question"), validate_choice=False)
    security_own_question = StringField(_l("Écrivez votre question"), filters=[one_line])
    security_answer = StringField(_l("Votre réponse"), widget=ShownOnce(), filters=[one_line])


@register
class SecurityQuestion(Step):
    name = "security_question"
    title = _l("Votre question joker")
    label = _l("Question joker")
    fields = SecurityQuestionFields
    options = SecurityQuestionOptions
    collects = True

    def context(self, ctx: StepContext) -> dict[str, Any]:
        return {
            "security_own": ctx.options.own,
            "security_advice": worded(ctx.options.advice, ctx.language),
            "security_shortest": secret_answer.SHORTEST,
        }

    def prepare(self, ctx: StepContext, form: FlaskForm) -> None:
        own = [SelectChoice(OWN, _("Écrire ma propre question"))] if ctx.options.own else []
        # The text is the value: a list changed meanwhile never puts an answer under another question.
        form["security_question"].choices = [
            SelectChoice("", _("Choisissez une question")), *ctx.options.told(ctx.language), *own,
        ]  # fmt: skip

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:
        chosen, question = form["security_question"].data, _question(form)
        choices = {choice.value for choice in form["security_question"].iter_choices()} - {""}
        errors = {
            "security_question": [] if chosen in choices else [_("Choisissez une question.")],
            "security_own_question": _faults_of_question(question) if chosen == OWN else [],
            "security_answer": _faults_of_answer(ctx, question, form["security_answer"].data),
        }
        return {name: messages for name, messages in errors.items() if messages}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        kept = SecurityAnswer(
            person_id=ctx.person.id,
            question=_question(form),
            answer_hash=hashed(form["security_answer"].data),
            set_at=ctx.now,
        )
        kind = "own" if form["security_question"].data == OWN else "listed"
        return Outcome(details={"question": kind}, rows=(kept,))

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(_("Question joker"), _("Correctement enregistré"))]

    def present(self, ctx: StepContext) -> list[str]:
        with services().sessions() as db:
            kept = db.get(SecurityAnswer, ctx.person.id)
        return [kept.question] if kept else []


def _question(form: FlaskForm) -> str:
    """The question chosen or written; what a field nobody sees holds is ignored."""
    chosen = form["security_question"].data or ""
    return str(form["security_own_question"].data if chosen == OWN else chosen)


def _faults_of_question(question: str) -> list[str]:
    if len(question) < SHORTEST_QUESTION:
        return [_("Écrivez votre question, par exemple : « Quel objet ai-je perdu dans le train ? »")]
    if len(question) > LONGEST:
        return [_("Écrivez une question de %(count)s caractères au plus.", count=LONGEST)]
    return []


def _faults_of_answer(ctx: StepContext, question: str, answer: str) -> list[str]:
    """All of them at once; a long answer is refused, never cut."""
    if not answer:
        return [_("Saisissez votre réponse.")]
    if len(answer) > LONGEST:
        return [_("Donnez une réponse de %(count)s caractères au plus.", count=LONGEST)]
    if secret_answer.is_too_short(answer):
        return [
            _("Donnez une réponse d'au moins %(count)s lettres ou chiffres.", count=secret_answer.SHORTEST)
        ]
    person = ctx.person
    names = [person.login, person.uid, person.mail, person.first_name, person.last_name, person.birth_name]
    names += [person.display_name, f"{person.last_name} {person.first_name}"]
    faults = []
    if secret_answer.is_said_in(question, answer):
        faults.append(_("Choisissez une réponse qui n'est pas dans la question."))
    if secret_answer.is_name(answer, names):
        faults.append(_("Choisissez une réponse qui n'est ni votre nom ni votre identifiant."))
    return faults
