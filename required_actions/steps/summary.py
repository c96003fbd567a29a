"""What was recorded, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import Field, field_validator

from kc_bridge.domain.calendar import date_in_words
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.store.models import Person
from required_actions.registry import Options, Step, StepContext, get, register, worded

__all__ = ["Summary", "SummaryOptions"]

FACTS = ("login", "mail", "uid")
"""What an account is known by."""


@dataclass(frozen=True)
class Row:
    """A line of the summary."""

    label: str
    value: str
    note: str = ""
    lasts: bool = False
    """True for what people need again."""


class SummaryOptions(Options):
    intro: dict[str, str] = Field(default_factory=dict)
    """By language: what the university says first, under the heading."""
    rows: tuple[str, ...] = ()
    """One list « Informations de connexion » with these first: ``login``, ``uid``, ``mail``, or a step done; whatever
    else was done follows. Default: what to keep, then what was recorded, each under its own title."""
    later: dict[str, str] = Field(default_factory=dict)
    """By language: what people may change in « Mon compte », to which it leads; default: nothing is said of it."""

    @field_validator("rows")
    @classmethod
    def _known(cls, rows: tuple[str, ...]) -> tuple[str, ...]:
        for row in rows:
            if row not in FACTS:
                try:
                    get(row)
                except ConfigurationError:
                    raise ValueError(f"« {row} » is neither a step nor one of {', '.join(FACTS)}") from None
        return rows


@register
class Summary(Step):
    name = "summary"
    title = _l("Votre compte est activé")
    options = SummaryOptions
    page = "summary.html"

    def context(self, ctx: StepContext) -> dict[str, Any]:
        end, options = ctx.person.account_end, ctx.options
        facts = _facts(ctx.person)
        done = {step: [Row(*row) for row in get(step).recorded(data)] for step, data in ctx.records.items()}
        everything = {name: [row] for name, row in facts.items()} | done
        listed = dict.fromkeys([*options.rows, *done]) if options.rows else ()
        return {
            "intro": worded(options.intro, ctx.language),
            "rows": list(facts.values())[:2],
            "recorded": [row for rows in done.values() for row in rows],
            "connection": [row for name in listed for row in everything.get(name, [])],
            "account_end_text": date_in_words(end, ctx.language) if end else None,
            "later": worded(options.later, ctx.language),
        }


def _facts(person: Person) -> dict[str, Row]:
    """What the account is known by; the first two are always worth keeping."""
    note = _("Il vous sert à vous connecter à tous les services.")
    if person.login == person.mail:
        note = _("Identique à votre adresse mail. Il vous sert à vous connecter à tous les services.")
    return {
        "login": Row(_("Identifiant"), person.login, note, lasts=True),
        "mail": Row(_("Adresse mail universitaire"), person.mail, lasts=True),
        "uid": Row(_("Identifiant numérique unique (uid)"), person.uid, lasts=True),
    }
