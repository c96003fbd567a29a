"""Until when a link of this procedure lives, in the seed's words."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from kc_bridge.domain.calendar import local_date
from kc_bridge.services import Services
from kc_bridge.web.words import clock_in_words, in_words

__all__ = ["until_text"]


def until_text(kcb: Services, ends: datetime | None) -> str:
    """« le jour même jusqu'à 23 h 59 (dimanche 22 novembre 2026) »; asked for at 23:50 it ends the day after."""
    if ends is None:
        return _("jusqu'à la date et à l'heure écrites dans le mail")
    if local_date(ends, kcb.settings.timezone) == kcb.today():
        return _("le jour même jusqu'à %(time)s", time=clock_in_words(ends))
    return _("jusqu'au %(date)s", date=in_words(ends))
