"""The sheets as one HTML file that needs nothing else: A4, one person a page, for printers and for readers of screens."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import segno
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from kc_bridge.domain.calendar import date_in_words, instant_in_words
from kc_bridge.domain.colour import light_accents
from kc_bridge.domain.profile import END_OF_DAY
from kc_bridge.services import Services
from kc_bridge.texts import kept_together, translations
from required_actions.scolpass.printing import Credentials

__all__ = ["Sheets", "qr_code"]

TEMPLATES = Path(__file__).parents[1] / "templates"
LANGUAGE = "fr"
"""The sheet is the registrar's, in the university's language; one paragraph says the same in English."""


class Sheets:
    """Writes the parts of the file: its head, one page a person, its foot."""

    def __init__(self, kcb: Services) -> None:
        settings, self._profile, self._zone = kcb.settings, kcb.profile, kcb.settings.timezone
        application = settings.applications.get(settings.default_application or "")
        self.address = application.login_url if application else f"{settings.public_url}/premiere-connexion"
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"]
        )
        environment.install_gettext_translations(translations(self._profile, LANGUAGE), newstyle=True)  # type: ignore[attr-defined]
        brand = self._profile.branding
        environment.globals.update(
            brand=brand,
            colours=light_accents(brand.primary),
            address=self.address,
            shown_address=_shown(self.address),
            help_mail=brand.help_mail,
            help_url=_shown(brand.help_url or f"{settings.public_url}/aide"),
            printed_on=date_in_words(kcb.today(), LANGUAGE),
            qr=qr_code(self.address),
        )
        self._environment = environment

    def head(self) -> str:
        return self._environment.get_template("scolpass/head.html").render()

    def page(self, credentials: Credentials) -> str:
        """The page of one person."""
        person = credentials.person
        journey = self._profile.journey_for(person.population)
        page = self._environment.get_template("scolpass/page.html").render(
            display_name=person.display_name,
            account=person.login,
            password=credentials.password,
            until=instant_in_words(credentials.until, LANGUAGE, self._zone),
            until_en=instant_in_words(credentials.until, "en", self._zone),
            stages=journey.steps,
            same_day=journey.lifetime_when_asked == END_OF_DAY,
        )
        return kept_together(page)

    def foot(self) -> str:
        return self._environment.get_template("scolpass/foot.html").render()


def qr_code(address: str) -> Markup:
    """The address as an SVG to stand in a page; nothing of any person is in it."""
    code = segno.make_qr(address, error="m")
    return Markup(code.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


def _shown(address: str) -> str:
    """As people type it: no scheme, no slash at the end."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}".rstrip("/") if parts.scheme == "https" else address
