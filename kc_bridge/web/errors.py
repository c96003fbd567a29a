"""Every dead end has its page: what happened, what to do, one button. Only here and in :mod:`kc_bridge.web.link_errors`
do errors become sentences."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask, request
from flask.wrappers import Response
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from kc_bridge.domain import errors as e
from kc_bridge.web import link_errors
from kc_bridge.web.dead_end import Button, DeadEnd, respond, retry_after, retry_button
from kc_bridge.web.words import clock_in_words

__all__ = ["setup"]

log = structlog.get_logger()


def _account_closed(error: e.AccountClosed) -> DeadEnd:
    sentence = (
        _("Votre compte a expiré le %(date)s.", date=format_date(error.ended_on, "d MMMM yyyy"))
        if error.ended_on
        else _("Votre compte est fermé ou suspendu.")
    )
    return DeadEnd(
        403,
        _("Ce compte n'est pas ouvert"),
        [sentence, _("Si vous êtes inscrit ou inscrite cette année, contactez votre service de scolarité.")],
        Button(_("Aide"), "/aide"),
    )


def _not_owned(_error: e.NotOwned) -> DeadEnd:
    return DeadEnd(
        403,
        _("Ce compte n'est pas géré ici"),
        [_("Ce compte ne s'active pas par ce service. Contactez l'assistance de votre université.")],
        Button(_("Aide"), "/aide"),
    )


def _too_many(error: e.TooManyTries) -> DeadEnd:
    return DeadEnd(
        429,
        _("Trop d'essais en peu de temps"),
        [
            _("Pour protéger les comptes, le nombre d'essais est limité. Rien n'est perdu."),
            _("Réessayez à partir de %(time)s.", time=clock_in_words(error.until)),
        ],
        retry_button(),
        kind="info",
        headers=retry_after(error.until),
    )


def _unavailable(error: e.Unavailable) -> DeadEnd:
    log.warning("unavailable", kind=type(error).__name__, reason=error.reason)
    return DeadEnd(
        503,
        _("Le service de connexion ne répond pas"),
        [
            _("Ce n'est pas de votre fait, et rien n'est perdu : ni votre lien ni les étapes déjà validées."),
            _("Attendez une minute, puis réessayez."),
        ],
        retry_button(),
        headers={"Retry-After": "60"},
    )


def _broken(error: Exception) -> DeadEnd:
    problem = error.problem if isinstance(error, e.ConfigurationError) else None
    log.error("internal error", kind=type(error).__name__, problem=problem, exc_info=error)
    return DeadEnd(
        500,
        _("Un problème est survenu de notre côté"),
        [
            _("Ce n'est pas de votre fait. Ce que vous avez déjà validé est conservé."),
            _("Réessayez dans quelques minutes ; si cela continue, écrivez à l'assistance."),
        ],
        retry_button(),
    )


def _database(error: SQLAlchemyError) -> DeadEnd:
    # str() of a driver's error would carry the statement's parameters: only its type is logged.
    log.error("database error", kind=type(error).__name__)
    return DeadEnd(
        503,
        _("Le service est momentanément indisponible"),
        [_("Ce n'est pas de votre fait. Attendez une minute, puis réessayez.")],
        retry_button(),
        headers={"Retry-After": "60"},
    )


def _csrf(_error: CSRFError) -> DeadEnd:
    return DeadEnd(
        400,
        _("Cette page est restée ouverte trop longtemps"),
        [
            _("Pour votre sécurité, votre réponse n'a pas été prise en compte."),
            _("Revenez à la page et validez à nouveau. Votre navigateur doit accepter les cookies."),
        ],
        Button(_("Revenir à la page"), request.path),
    )


def _http(error: HTTPException) -> DeadEnd | HTTPException:
    cause = getattr(error, "original_exception", None)  # of what failed after the view: saving the session
    if cause is not None:
        return _database(cause) if isinstance(cause, SQLAlchemyError) else _broken(cause)
    status = error.code or 500
    if status < 400:
        return error
    titles = {
        404: _("Cette page n'existe pas"),
        405: _("Cette page ne s'ouvre pas ainsi"),
        413: _("Votre réponse est trop longue"),
        429: _("Trop d'essais en peu de temps"),
    }
    title = titles.get(status, _("Cette demande n'a pas été comprise"))
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return DeadEnd(
        status,
        title,
        [_("Vérifiez l'adresse, ou repartez de la page d'accueil.")],
        Button(_("Page d'accueil"), "/"),
        headers=headers,
    )


PAGES: dict[type[Exception], Callable[..., DeadEnd | HTTPException]] = {
    **link_errors.PAGES,
    e.AccountClosed: _account_closed,
    e.NotOwned: _not_owned,
    e.TooManyTries: _too_many,
    e.Unavailable: _unavailable,
    SQLAlchemyError: _database,
    CSRFError: _csrf,
    HTTPException: _http,
    Exception: _broken,
}


def setup(app: Flask) -> None:
    # Flask's own line would name the address, which may hold a token; our pages log what happened.
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign] # noqa: ARG005

    def _handler(
        page: Callable[..., DeadEnd | HTTPException],
    ) -> Callable[[Exception], Response | HTTPException]:
        def _respond(error: Exception) -> Response | HTTPException:
            end = page(error)
            return respond(end) if isinstance(end, DeadEnd) else end

        return _respond

    for kind, page in PAGES.items():
        app.register_error_handler(kind, _handler(page))
