"""The university's colours as a stylesheet of their own: no page may carry styles (Content-Security-Policy)."""

from __future__ import annotations

import hashlib
from functools import cache

from flask import Flask, Response, url_for

from kc_bridge.domain.colour import dark_accents, light_accents
from kc_bridge.services import services

__all__ = ["setup", "stylesheet"]


@cache
def stylesheet(primary: str) -> str:
    """Replaces the accents of ``tokens.css`` by those made from ``primary`` (``#rrggbb``)."""
    light, dark = _declarations(light_accents(primary)), _declarations(dark_accents(primary))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def setup(app: Flask) -> None:
    @app.get("/static/university.css")
    def university_css() -> Response:
        """The same for everybody; the address names its content, so caches never show yesterday's colour."""
        return Response(_ours(), mimetype="text/css")

    @app.context_processor
    def _context() -> dict[str, object]:
        digest = hashlib.sha256(_ours().encode()).hexdigest()[:12]
        return {"university_css": url_for("university_css", v=digest)}


def _ours() -> str:
    return stylesheet(services().profile.branding.primary)


def _declarations(accents: dict[str, str]) -> str:
    return " ".join(f"--kcb-{token}: {colour};" for token, colour in accents.items())
