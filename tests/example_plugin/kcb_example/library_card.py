"""A step of this university alone: whether somebody wants a library card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import InputRequired

from required_actions.registry import Fields, Options, Outcome, Step, StepContext


class LibraryCardFields(Fields):
    library_card = RadioField(
        _l("Où retirerez-vous votre carte de bibliothèque ?"),
        validators=[InputRequired(_l("Choisissez une bibliothèque."))],
    )


class LibraryCardOptions(Options):
    libraries: dict[str, str]
    """Code → name of each library."""


class LibraryCard(Step):
    name = "library_card"
    title = _l("Carte de bibliothèque")
    fields = LibraryCardFields
    options = LibraryCardOptions
    attributes = ("libraryCard",)

    def prepare(self, ctx: StepContext, form: FlaskForm) -> None:
        form.library_card.choices = list(ctx.options.libraries.items())

    def decide(self, ctx: StepContext, form: FlaskForm) -> Outcome:
        library = form.library_card.data
        return Outcome(
            attributes={"libraryCard": [library]},
            data={"library": ctx.options.libraries[library]},
            details={"library": library},
        )

    def recorded(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(_("Carte de bibliothèque"), data["library"])]
