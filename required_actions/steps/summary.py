"""What was recorded, and what happens next."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from kc_bridge.domain.calendar import date_in_words
from required_actions.registry import Step, StepContext, get, register

__all__ = ["Summary"]


@register
class Summary(Step):
    name = "summary"
    title = _l("Votre compte est activé")
    page = "summary.html"

    def context(self, ctx: StepContext) -> dict[str, Any]:
        rows: list[tuple[str, str, str | None]] = [
            (_("Identifiant"), ctx.person.login, _("Il vous sert à vous connecter à tous les services.")),
            (_("Adresse mail universitaire"), ctx.person.mail, None),
        ]
        recorded = [row for step, data in ctx.records.items() for row in get(step).recorded(data)]
        end = ctx.person.account_end
        return {
            "rows": rows,
            "recorded": recorded,
            "account_end_text": date_in_words(end, ctx.language) if end else None,
        }
