"""Pages for people who are not in a journey: where the login page's three links lead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, render_template, send_from_directory

from kc_bridge.services import services

__all__ = ["setup"]

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
        )

    return view
