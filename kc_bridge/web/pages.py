"""Pages for people who are not in a journey: where the login page's three links lead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from flask import Flask, Response, render_template, send_from_directory
from flask_babel import lazy_gettext as _l

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.services import services

__all__ = ["setup"]

POPULATIONS = {
    "student": _l("Étudiantes et étudiants"),
    "staff": _l("Personnels"),
    "guest": _l("Personnes invitées"),
}
"""What people call themselves, by population."""
THEME = Path(__file__).parents[2] / "theme" / "kc-bridge" / "login" / "resources"


def setup(app: Flask) -> None:
    for rule, name in (
        ("/", "home"),
        ("/premiere-connexion", "premiere-connexion"),
        ("/probleme-de-connexion", "probleme-de-connexion"),
        ("/aide", "aide"),
    ):
        app.add_url_rule(rule, f"page_{name.replace('-', '_')}", _page(name))

    @app.get("/static/theme/<path:filename>")
    def theme_resource(filename: str) -> Response:
        """The style tokens and logo that the Keycloak theme and these pages share."""
        return send_from_directory(THEME, filename)


def _page(name: str) -> Callable[[], str]:
    def view() -> str:
        kcb = services()
        application = kcb.settings.applications.get(kcb.settings.default_application or "")
        return render_template(
            f"pages/{name}.html",
            application=application,
            identify_by=kcb.profile.identify_by,
            mails_links=kcb.profile.mails_links,
            by_identifier=bool(kcb.profile.asked_by_identifier),
            recovers=kcb.profile.recovery != "off",
            consultation=kcb.profile.consultation,
            provisional=any("provisional-password" in each.entrances for each in kcb.profile.journeys),
            **_ways_in(kcb.profile),
        )

    return view


def _ways_in(profile: UniversityProfile) -> dict[str, object]:
    """Who is written to, and who activates the account by a number instead, in their own names."""
    mailed = [each for each in profile.journeys if "mail-link" in each.entrances]
    by_number = [each for each in profile.journeys if each not in mailed and each.identify_by]
    others = {name for each in mailed for name in each.populations} & {"staff", "guest"}
    return {
        "number_instead": any(each.identify_by for each in mailed),
        "by_number_only": _names(name for each in by_number for name in each.populations),
        "also_mailed": _names(others),
    }


def _names(populations: Iterable[str]) -> str:
    wanted = set(populations)
    return ", ".join(str(words) for name, words in POPULATIONS.items() if name in wanted)
