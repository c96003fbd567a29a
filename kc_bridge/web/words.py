"""What pages say of instants and of applications, in the present language and the university's zone."""

from __future__ import annotations

from datetime import datetime

from flask_babel import get_locale

from kc_bridge.domain.calendar import instant_in_words, local_date, time_in_words
from kc_bridge.services import services
from kc_bridge.settings import Application

__all__ = ["application_of", "clock_in_words", "in_words"]


def application_of(client_id: str | None) -> Application | None:
    """The registered application a login began in, else the default one."""
    settings = services().settings
    return settings.applications.get(client_id or "") or settings.applications.get(
        settings.default_application or ""
    )


def in_words(instant: datetime) -> str:
    """An instant in the present language and the university's zone."""
    return instant_in_words(instant, str(get_locale() or "fr"), services().settings.timezone)


def clock_in_words(instant: datetime) -> str:
    """The time of day of an instant in the university's zone; with the day when it is not today's."""
    kcb = services()
    if local_date(instant, kcb.settings.timezone) != kcb.today():
        return in_words(instant)
    return time_in_words(instant, str(get_locale() or "fr"), kcb.settings.timezone)
