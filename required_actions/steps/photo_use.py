"""Showing one's photograph to teachers and fellow students, or not."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from required_actions.registry import Fields, register
from required_actions.yes_or_no import YesOrNo, yes_no_field

__all__ = ["PhotoUse"]


class PhotoUseFields(Fields):
    photo_use = yes_no_field(
        _l("Acceptez-vous que votre photo soit visible de vos enseignants et de vos camarades ?")
    )


@register
class PhotoUse(YesOrNo):
    name = "photo_use"
    title = _l("Usage de votre photo")
    fields = PhotoUseFields
    attribute = "kcbPhotoUse"
    label = _l("Choix d'usage de la photo")
