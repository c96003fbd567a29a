"""Being listed in the university's internal directory, or not."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from required_actions.registry import Fields, register
from required_actions.yes_or_no import YesOrNo, yes_no_field

__all__ = ["DirectoryVisibility"]


class DirectoryVisibilityFields(Fields):
    directory_visibility = yes_no_field(
        _l("Acceptez-vous d'apparaître dans l'annuaire interne de l'établissement ?")
    )


@register
class DirectoryVisibility(YesOrNo):
    name = "directory_visibility"
    title = _l("Votre visibilité dans l'annuaire")
    fields = DirectoryVisibilityFields
    attribute = "kcbDirectoryVisibility"
    label = _l("Visibilité dans l'annuaire")
