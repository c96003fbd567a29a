"""Languages: the person's own choice first, then what the login said, then the browser's."""

from __future__ import annotations

from babel.support import NullTranslations
from flask import Flask, request, session
from flask_babel import Babel, Domain, get_locale

from kc_bridge import texts
from kc_bridge.services import services
from kc_bridge.web.headers import CACHEABLE

__all__ = ["choose", "setup"]


class _UniversityDomain(Domain):
    """Our texts, as this university words them."""

    def get_translations(self) -> NullTranslations:
        language = str(get_locale() or "fr")
        if language not in self.cache:
            self.cache[language] = texts.translations(services().profile, language)
        return self.cache[language]


def choose(language: str | None) -> None:
    """Remembers a language for this browser, if the university offers it."""
    if language in services().profile.languages and session.get("locale") != language:
        session["locale"] = language


def setup(app: Flask) -> None:
    with app.app_context():
        settings = services().settings
    app.config.update(
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE=settings.timezone,
        BABEL_TRANSLATION_DIRECTORIES=str(texts.FOLDER),
    )
    babel = Babel(app, locale_selector=_select)
    babel.domain_instance = _UniversityDomain(str(texts.FOLDER))

    @app.before_request
    def _asked_language() -> None:
        # Never on what caches may keep and hand to others: choosing may set this browser's cookie.
        if "lang" in request.args and request.endpoint not in CACHEABLE:
            choose(request.args["lang"])

    @app.context_processor
    def _context() -> dict[str, object]:
        kcb = services()
        return {
            "brand": kcb.profile.branding,
            "languages": kcb.profile.languages,
            "locale": str(get_locale() or "fr"),
        }


def _select() -> str:
    languages = services().profile.languages
    asked = request.args.get("lang")
    if asked in languages:
        return asked
    remembered = session.get("locale")
    if remembered in languages:
        return str(remembered)
    return request.accept_languages.best_match(languages) or languages[0]
