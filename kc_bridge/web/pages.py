"""Pages for people who are not in a journey: where the login page's three links lead."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, render_template, send_from_directory

from kc_bridge.services import services

__all__ = ["setup"]

THEME_CSS = Path(__file__).parents[2] / "theme" / "kc-bridge" / "login" / "resources" / "css"


def setup(app: Flask) -> None:
    for rule, name in (
        ("/", "home"),
        ("/premiere-connexion", "premiere-connexion"),
        ("/probleme-de-connexion", "probleme-de-connexion"),
        ("/aide", "aide"),
    ):
        app.add_url_rule(rule, f"page_{name.replace('-', '_')}", _page(name))

    @app.get("/theme/<path:name>", endpoint="theme_css")
    def theme_css(name: str) -> Response:
        """The tokens the Keycloak theme and these pages share."""
        return send_from_directory(THEME_CSS, name)


def _page(name: str):  # type: ignore[no-untyped-def]
    def view() -> str:
        settings = services().settings
        application = settings.applications.get(settings.default_application or "")
        return render_template(f"pages/{name}.html", application=application)

    return view
