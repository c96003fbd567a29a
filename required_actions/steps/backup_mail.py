"""The backup mail: an address outside the university, for the day the password is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, ValidationError

from required_actions.mail_address import is_within, same_mailbox, usable
from required_actions.registry import Fields, Options, Outcome, Step, StepContext, register
from required_actions.typed import one_line

__all__ = ["BackupMail"]


class BackupMailFields(Fields):
    backup_mail = EmailField(_l("Adresse mail personnelle"), filters=[one_line])


class BackupMailOptions(Options):
    verify: bool = True
    """Whether its owner must follow a mailed link first. Who came by a link mailed to this very address has done so."""
    refused_domains: tuple[str, ...] = ()
    """Domains nobody may give, besides the university's own: those of its hospital or of its alumni, perhaps."""


@register
class BackupMail(Step):
    name = "backup_mail"
    title = _l("Mail de secours")
    fields = BackupMailFields
    options = BackupMailOptions
    collects = True
    address_field = "backup_mail"
    change_label = _l("Modifier l'adresse mail de secours")

    def context(self, ctx: StepContext) -> dict[str, Any]:
        prefilled = self.initial(ctx)["backup_mail"]
        return {
            "backup_mail_verified": ctx.options.verify,
            "backup_mail_proved": same_mailbox(prefilled, ctx.proved_address),
        }

    def initial(self, ctx: StepContext) -> dict[str, Any]:
        return {"backup_mail": ctx.own.get("address") or ctx.person.personal_mail}

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:
        try:
            address = usable(form["backup_mail"].data)
        except ValidationError as refused:
            return {"backup_mail": [str(refused)]}
        if ctx.profile.is_own_address(address):
            problem = _(
                "Donnez une adresse hors de l'université : sans votre mot de passe, vous ne pourriez pas lire"
                " celle-ci."
            )
        elif is_within(address, ctx.options.refused_domains):
            problem = _("Donnez une autre adresse : celles de ce domaine ne sont pas acceptées ici.")
        else:
            return {}
        return {"backup_mail": [problem]}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        address = usable(form["backup_mail"].data)
        proved = same_mailbox(address, ctx.proved_address)
        mailed = ctx.options.verify and not proved
        return Outcome(
            attributes={"supannMailPrive": [f"{{SECOURS}}{address}"]},
            data={"address": address},
            details={"verified": "link" if proved else "mail" if mailed else "no"},
            verify=address if mailed and address not in ctx.confirmed else None,
            person={"personal_mail": address},
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(_("Mail de secours"), data["address"])]
