"""Accepting the charter: proof of the very text, its version, language and time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import InputRequired

from kc_bridge.store.models import CharterAcceptance
from required_actions.plain_text import to_html
from required_actions.registry import Fields, Outcome, Step, StepContext, register

__all__ = ["Charter"]


class CharterFields(Fields):
    accept = BooleanField(
        _l("Je reconnais avoir pris connaissance de la charte informatique et je l'accepte"),
        validators=[InputRequired(_l("Cochez la case pour accepter la charte et continuer."))],
    )


@register
class Charter(Step):
    name = "charter"
    title = _l("Charte informatique")
    fields = CharterFields

    def context(self, ctx: StepContext) -> dict[str, Any]:
        charter = ctx.profile.charter
        language = self._language(ctx)
        return {
            "charter": {
                "title": charter.title[language],
                "version": charter.version,
                "language": language,
                "html": to_html(charter.text[language]),
            }
        }

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:  # noqa: ARG002
        charter = ctx.profile.charter
        language = self._language(ctx)
        sha256 = hashlib.sha256(charter.text[language].encode()).hexdigest()
        accepted = CharterAcceptance(
            person_id=ctx.person.id,
            version=charter.version,
            language=language,
            text_sha256=sha256,
            accepted_at=ctx.now,
        )
        proof = f"{charter.version} {language} {sha256} {ctx.now:%Y-%m-%dT%H:%M:%SZ}"
        return Outcome(
            attributes={"kcbCharter": [proof]},
            data={"version": charter.version},
            details={"version": charter.version, "language": language},
            rows=(accepted,),
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(_("Charte informatique"), _("Acceptée"))]

    @staticmethod
    def _language(ctx: StepContext) -> str:
        """The language of the text shown, which may not be the page's."""
        texts = ctx.profile.charter.text
        return ctx.language if ctx.language in texts else next(iter(texts))
