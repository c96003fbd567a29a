"""Forwarding of the university's mails to an address outside it, with or without a copy kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from pydantic import Field
from wtforms import BooleanField, EmailField, ValidationError

from required_actions.mail_address import same_mailbox, usable
from required_actions.registry import Fields, Options, Outcome, Step, StepContext, register, worded
from required_actions.typed import one_line

__all__ = ["MailForwarding"]


class MailForwardingFields(Fields):
    forwarding = BooleanField(_l("Rediriger mes mails vers une autre adresse"))
    forwarding_address = EmailField(_l("Adresse de redirection"), filters=[one_line])
    forwarding_copy = BooleanField(_l("Conserver une copie des mails dans ma boîte universitaire"))


class MailForwardingOptions(Options):
    verify: bool = True
    """Whether the owner of an address other than the backup mail must follow a mailed link first."""
    mailbox: dict[str, str] = Field(default_factory=dict)
    """By language: what is said of the university's mailbox first, where the page is about more than forwarding."""


@register
class MailForwarding(Step):
    name = "mail_forwarding"
    title = _l("Redirection de vos mails (facultatif)")
    label = _l("Redirection de vos mails")
    fields = MailForwardingFields
    options = MailForwardingOptions
    collects = True
    address_field = "forwarding_address"
    change_label = _l("Modifier l'adresse de redirection")

    def context(self, ctx: StepContext) -> dict[str, Any]:
        return {
            "university_mail": ctx.person.mail,
            "mailbox": worded(ctx.options.mailbox, ctx.language),
            "forwarding_title": self.title,
            "forwarding_verified": ctx.options.verify,
        }

    def initial(self, ctx: StepContext) -> dict[str, Any]:
        return {
            "forwarding": bool(ctx.own.get("address")),
            "forwarding_address": ctx.own.get("address") or _backup_mail(ctx),
            "forwarding_copy": ctx.own.get("copy", True),
        }

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:
        if not form["forwarding"].data:
            return {}  # the address is prefilled: without the box it means nothing
        try:
            address = usable(form["forwarding_address"].data)
        except ValidationError as refused:
            return {"forwarding_address": [str(refused)]}
        if ctx.profile.is_own_address(address):
            problem = _("Donnez une adresse hors de l'université : vos mails y tourneraient en boucle.")
            return {"forwarding_address": [problem]}
        return {}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        copy = bool(form["forwarding_copy"].data)
        if not form["forwarding"].data:
            return Outcome(
                attributes={"mailForwardingAddress": [], "mailDeliveryOption": []},
                data={"address": None, "copy": copy},
                details={"forwarding": "off"},
            )
        address = usable(form["forwarding_address"].data)
        verified = _verified(ctx, address)
        return Outcome(
            attributes={
                "mailForwardingAddress": [address],
                "mailDeliveryOption": ["mailbox"] if copy else [],
            },
            data={"address": address, "copy": copy},
            details={"forwarding": "on", "copy": "kept" if copy else "none", "verified": verified},
            verify=address if verified == "mail" and address not in ctx.confirmed else None,
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        if not data["address"]:
            return [(_("Redirection de vos mails"), _("Aucune"))]
        copy = _("Une copie reste dans votre boîte universitaire") if data["copy"] else _("Sans copie")
        return [(_("Redirection de vos mails"), data["address"]), (_("Copie des mails redirigés"), copy)]

    def present(self, ctx: StepContext) -> list[str]:
        return super().present(ctx) or [_("Aucune")]


def _backup_mail(ctx: StepContext) -> str | None:
    """The one of this journey, else the one known."""
    return ctx.records.get("backup_mail", {}).get("address") or ctx.person.personal_mail


def _verified(ctx: StepContext, address: str) -> str:
    """How this address is known to be the person's."""
    if same_mailbox(address, _backup_mail(ctx)):
        return "backup"
    if same_mailbox(address, ctx.proved_address):
        return "link"
    return "mail" if ctx.options.verify else "no"
