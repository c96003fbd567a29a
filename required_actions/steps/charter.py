"""Accepting the charter: proof of the very text, its version, language and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from pydantic import Field
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from kc_bridge.services import services
from kc_bridge.store.activation import CharterAcceptance
from required_actions.charters import ADDRESS, fingerprint, knows_an_older_one, shown
from required_actions.registry import Fields, Options, Outcome, Step, StepContext, register, worded

__all__ = ["Charter", "CharterOptions"]


class CharterFields(Fields):
    charter_text = HiddenField()
    """SHA-256 of the text the page showed or led to: the bridge may have another one by the time of the answer."""
    accept = BooleanField(
        _l("Je reconnais avoir pris connaissance de la charte informatique et je l'accepte"),
        validators=[InputRequired(_l("Cochez la case pour accepter ce texte et continuer."))],
    )


class CharterOptions(Options):
    show: Literal["page", "link"] = "page"
    """The text on the page itself, or a link to it, opened beside."""
    intro: dict[str, str] = Field(default_factory=dict)
    """By language: what to do on this page, where the text is behind a link."""
    label: dict[str, str] = Field(default_factory=dict)
    """By language: what people say by ticking the box; default: « Je reconnais avoir pris connaissance… »."""


@register
class Charter(Step):
    name = "charter"
    title = _l("Charte informatique")
    again = False
    fields = CharterFields
    options = CharterOptions

    def context(self, ctx: StepContext) -> dict[str, Any]:
        charter, options = ctx.profile.charter, ctx.options
        return {
            "charter": shown(charter, ctx.language),
            "charter_address": ADDRESS if options.show == "link" else None,
            "charter_intro": worded(options.intro, ctx.language),
            "charter_label": worded(options.label, ctx.language),
            "charter_renewed": knows_an_older_one(services().sessions, ctx.person.id, charter.version),
            "charter_activates": ctx.activates,
        }

    def initial(self, ctx: StepContext) -> dict[str, Any]:
        text = shown(ctx.profile.charter, ctx.language).sha256
        return {"charter_text": text, "accept": self._accepted(ctx, text) is not None}

    def check(self, ctx: StepContext, form: FlaskForm) -> dict[str, list[str]]:
        if self._read_in(ctx, form):
            return {}
        form["charter_text"].data = shown(ctx.profile.charter, ctx.language).sha256
        form["accept"].data = False
        return {"accept": [_("Le texte vient de changer : relisez-le, puis acceptez-le.")]}

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        charter, language = ctx.profile.charter, self._read_in(ctx, form) or ctx.language
        text = shown(charter, language).sha256
        if known := self._accepted(ctx, text):
            kept = {"version": known["version"], "sha256": known["sha256"]}
            return Outcome(attributes=known["attributes"], data=kept, details=known["details"])
        accepted = CharterAcceptance(
            person_id=ctx.person.id,
            version=charter.version,
            language=language,
            text_sha256=text,
            accepted_at=ctx.now,
        )
        proof = f"{charter.version} {language} {text} {ctx.now:%Y-%m-%dT%H:%M:%SZ}"
        return Outcome(
            attributes={"kcbCharter": [proof]},
            data={"version": charter.version, "sha256": text},
            details={"version": charter.version, "language": language},
            rows=(accepted,),
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(_("Charte informatique"), _("Acceptée"))]

    @staticmethod
    def _read_in(ctx: StepContext, form: FlaskForm) -> str | None:
        """The language the text was read in; None when it was another text."""
        texts = ctx.profile.charter.text
        return next((name for name in texts if fingerprint(texts[name]) == form["charter_text"].data), None)

    @staticmethod
    def _accepted(ctx: StepContext, text: str) -> Mapping[str, Any] | None:
        """What this journey has kept of an acceptance of this very text: the first one is the proof."""
        known = ctx.records.get("charter")
        same = (
            known is not None
            and known.get("sha256") == text
            and known["version"] == ctx.profile.charter.version
        )
        return known if same else None
