"""Choosing a password: the realm's policy and whatever makes one easy to guess, every violation shown at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from pydantic import Field
from wtforms import BooleanField, PasswordField
from wtforms.validators import EqualTo, InputRequired

from kc_bridge.domain.calendar import date_in_words
from kc_bridge.domain.errors import Violation
from kc_bridge.services import services
from required_actions.dictionary_words import is_one_word, prepare
from required_actions.password_rules import (
    advice,
    breached_text,
    dictionary_rule,
    dictionary_text,
    rules,
    strength_rule,
    violation_texts,
    weakness_text,
)
from required_actions.password_strength import is_common, strength, words_of
from required_actions.registry import Fields, Options, Outcome, Step, StepContext, register
from required_actions.rule_words import RuleWords, in_their_words

__all__ = ["NewPassword", "NewPasswordOptions"]


class NewPasswordFields(Fields):
    # Nothing strips, truncates or rewrites what is typed: Keycloak's login does not either (ADR 12).
    password = PasswordField(
        _l("Nouveau mot de passe"), validators=[InputRequired(_l("Choisissez un mot de passe."))]
    )
    confirmation = PasswordField(
        _l("Saisissez-le une seconde fois"),
        validators=[
            InputRequired(_l("Saisissez le mot de passe une seconde fois.")),
            EqualTo("password", _l("Les deux saisies diffèrent : saisissez deux fois le même mot de passe.")),
        ],
    )
    end_sessions = BooleanField(_l("Me déconnecter de mes autres appareils"))


class NewPasswordOptions(Options):
    strength: int = Field(3, ge=0, le=4)
    """How hard to guess a password must be, on zxcvbn's scale: 3 is 10⁸ guesses, 0 asks nothing."""
    words: tuple[RuleWords, ...] = ()
    """The rules as the university says them, in its order; those not named follow in our words."""


@register
class NewPassword(Step):
    name = "new_password"
    title = _l("Choisissez votre mot de passe")
    label = _l("Mot de passe")
    fields = NewPasswordFields
    options = NewPasswordOptions

    def context(self, ctx: StepContext) -> dict[str, Any]:
        ours = []
        if ctx.profile.password_policy.dictionary:
            ours.append(dictionary_rule())
            prepare()
        if ctx.options.strength:
            ours.append(strength_rule())
        found = rules(services().backchannel.password_policy()) + ours
        return {"rules": in_their_words(found, ctx.options.words, ctx.language), "advice": advice()}

    def initial(self, ctx: StepContext) -> dict[str, Any]:  # noqa: ARG002
        return {"end_sessions": True}

    def prepare(self, ctx: StepContext, form: FlaskForm) -> None:
        if not _may_stay_logged_in(ctx):
            del form["end_sessions"]

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:
        """Our own rules; with Keycloak's as soon as the page comes back anyway, else ``complete`` says those."""
        password = form["password"].data
        if not password:
            return {}
        ours = self._objections(ctx, password)
        if not ours and not form.errors:
            return {}
        theirs = services().backchannel.password_check(ctx.ticket, password)
        return {"password": [*violation_texts(theirs, password), *ours]}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        asked = _may_stay_logged_in(ctx)
        keeps = asked and not form["end_sessions"].data
        return Outcome(
            password=form["password"].data,
            keep_sessions=keeps,
            data={"chosen_on": ctx.today.isoformat()},
            details={"other_sessions": "kept" if keeps else "ended"} if asked else {},
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(_("Mot de passe"), _("Correctement enregistré"))]

    def present(self, ctx: StepContext) -> list[str]:
        chosen = ctx.own.get("chosen_on")
        if chosen is None:
            return [_("Enregistré")]
        return [_("Choisi le %(date)s", date=date_in_words(date.fromisoformat(chosen), ctx.language))]

    @staticmethod
    def _objections(ctx: StepContext, password: str) -> list[str]:
        stolen = services().breached_passwords
        policy, found = ctx.profile.password_policy, []
        if policy.has_login(password, ctx.person.login):
            found += violation_texts([Violation("notContainsUsername", "")], password)
        if is_common(password) or (stolen is not None and password in stolen):
            found.append(breached_text())
        known = _known_to_others(ctx)
        if policy.dictionary and is_one_word(password, words_of(known)):
            found.append(dictionary_text())
        if ctx.options.strength:
            judged = strength(password, known)
            if judged.score < ctx.options.strength:
                found.append(weakness_text(judged))
        return found


def _may_stay_logged_in(ctx: StepContext) -> bool:
    """On other devices: for somebody who knew the old password. A first one, or one in the place of a lost one (they
    came by a mailed link), ends whatever login there is."""
    return not ctx.activates and ctx.proved_address is None


def _known_to_others(ctx: StepContext) -> list[str]:
    """Words and numbers that a guesser would try first for this person."""
    person, profile = ctx.person, ctx.profile
    mine = [person.login, person.mail, person.uid, person.first_name, person.last_name, person.birth_name]
    mine.append((person.personal_mail or "").rpartition("@")[0])
    if person.birth_date is not None:
        mine += [format(person.birth_date, form) for form in ("%d/%m/%Y", "%d%m%Y", "%d%m%y", "%Y%m%d")]
    return [text for text in (*mine, profile.branding.name, profile.branding.short_name) if text]
