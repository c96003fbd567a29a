"""What the demo's two small web applications share: looks, language, and a server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, g, request, send_file
from werkzeug.serving import WSGIRequestHandler, make_server

__all__ = ["page_app", "serve"]

THEME = Path(__file__).parents[2] / "theme/kc-bridge/login/resources"
LANGUAGES = ("fr", "en")


def page_app(name: str, english: Mapping[str, str]) -> Flask:
    """A Flask application with the project's look, in French and, through ``english``, in English.

    Templates call ``_("French text")``; a text without English is a ``KeyError``, so that none is forgotten.
    Cookies are named after ``name``: browsers share them between all ports of one host.
    """
    app = Flask(
        name, template_folder=str(Path(__file__).parent / "templates"), root_path=str(Path(__file__).parent)
    )
    app.config["SESSION_COOKIE_NAME"] = f"{name}_session"
    language_cookie = f"{name}_language"

    @app.before_request
    def choose_language() -> None:
        wanted = request.args.get("lang") or request.cookies.get(language_cookie)
        g.language = wanted if wanted in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "fr")

    @app.after_request
    def harden(response: Response) -> Response:
        if request.args.get("lang"):
            response.set_cookie(language_cookie, g.language, samesite="Lax", httponly=True)
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'",
        )
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.context_processor
    def texts() -> dict[str, object]:
        return {"_": lambda text: text if g.language == "fr" else english[text], "language": g.language}

    @app.get("/tokens.css")
    def tokens() -> Response:
        return send_file(THEME / "css/tokens.css", mimetype="text/css")

    @app.get("/logo.svg")
    def logo() -> Response:
        return send_file(THEME / "img/logo.svg", mimetype="image/svg+xml")

    return app


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Only errors are worth a line in the demo's log."""


def serve(app: Flask, port: int, host: str = "127.0.0.1") -> None:
    """Serves ``app`` until the process ends."""
    make_server(host, port, app, threaded=True, request_handler=_QuietHandler).serve_forever()
