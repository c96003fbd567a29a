"""Choosing a password: Keycloak's policy is the one source of truth, and every violation is shown at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from kc_bridge.services import services
from required_actions.password_rules import rules
from required_actions.registry import Fields, Outcome, Step, StepContext, register

__all__ = ["NewPassword"]


class NewPasswordFields(Fields):
    # Nothing strips, truncates or rewrites what is typed: Keycloak's login does not either.
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


@register
class NewPassword(Step):
    name = "new_password"
    title = _l("Choisissez votre mot de passe")
    fields = NewPasswordFields

    def context(self, ctx: StepContext) -> dict[str, Any]:  # noqa: ARG002
        return {"rules": rules(services().backchannel.password_policy())}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:  # noqa: ARG002
        return Outcome(password=form["password"].data)

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(_("Mot de passe"), _("Correctement enregistré"))]
