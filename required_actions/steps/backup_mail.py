"""The backup mail: an address outside the university, for the day the password is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField

from kc_bridge.web.words import in_words
from required_actions.mail_address import objection, same_mailbox, usable
from required_actions.registry import Fields, Options, Outcome, Step, StepContext, register
from required_actions.typed import one_line

__all__ = ["BackupMail"]


class BackupMailFields(Fields):
    backup_mail = EmailField(_l("Adresse mail personnelle"), filters=[one_line])


class BackupMailOptions(Options):
    asked: Literal["always", "unless-proved"] = "always"
    """``unless-proved``: whoever activates by a link mailed to the address we know has no page: it is their backup."""
    verify: bool = True
    """Whether its owner must follow a mailed link first. Who came by a link mailed to this very address has done so."""
    refused_domains: tuple[str, ...] = ()
    """Domains nobody may give, besides the university's own: those of its hospital or of its alumni, perhaps."""


@register
class BackupMail(Step):
    name = "backup_mail"
    title = _l("Mail de secours")
    label = _l("Mail de secours")
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
        problem = _objection(ctx, form["backup_mail"].data)
        return {"backup_mail": [problem]} if problem else {}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        return _outcome(ctx, usable(form["backup_mail"].data))

    def known(self, ctx: StepContext) -> Outcome | None:
        """The mailbox that brought them here, if it is (still) the one the register or they themselves gave."""
        address = ctx.person.personal_mail
        if not (ctx.options.asked == "unless-proved" and ctx.activates):
            return None
        if not same_mailbox(address, ctx.proved_address) or _objection(ctx, address):
            return None
        return _outcome(ctx, usable(address))

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(_("Mail de secours"), data["address"])]

    def present(self, ctx: StepContext) -> list[str]:
        return [ctx.person.personal_mail] if ctx.person.personal_mail else []


def _objection(ctx: StepContext, typed: str | None) -> str | None:
    """Why this cannot be the backup mail, for its owner; None: it can."""
    problem = objection(typed, ctx.profile, ctx.options.refused_domains)
    frozen_until = ctx.person.address_frozen_until
    # « Ce n'est pas moi », somebody said: whoever is logged in may be whom they meant.
    frozen = frozen_until is not None and not ctx.activates and ctx.now < frozen_until
    if (
        problem is None
        and frozen_until
        and frozen
        and not same_mailbox(usable(typed), ctx.person.personal_mail)
    ):
        return _(
            "Un changement de cette adresse a été refusé par son propriétaire. Pour la changer avant le %(date)s,"
            " présentez-vous à votre service de scolarité.",
            date=in_words(frozen_until),
        )
    return problem


def _outcome(ctx: StepContext, address: str) -> Outcome:
    proved = same_mailbox(address, ctx.proved_address)
    mailed = ctx.options.verify and not proved
    return Outcome(
        attributes={"supannMailPrive": [f"{{SECOURS}}{address}"]},
        data={"address": address},
        details={"verified": "link" if proved else "mail" if mailed else "no"},
        verify=address if mailed and address not in ctx.confirmed else None,
        person={"personal_mail": address},
    )
