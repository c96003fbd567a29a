"""Every dead end has its page: what happened, what to do, one button. Only here do errors become sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Flask, request
from flask.wrappers import Response
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from kc_bridge.domain import errors as e
from kc_bridge.domain.calendar import instant_in_words, local_date, time_in_words
from kc_bridge.services import services
from kc_bridge.settings import Application
from kc_bridge.web.dead_end import Button, DeadEnd, respond

__all__ = ["application_of", "clock_in_words", "in_words", "setup"]

log = structlog.get_logger()


def application_of(client_id: str | None) -> Application | None:
    """The registered application a login began in, else the default one."""
    settings = services().settings
    return settings.applications.get(client_id or "") or settings.applications.get(
        settings.default_application or ""
    )


def _login_button() -> Button | None:
    application = application_of(None)
    if application is None:
        return None
    return Button(_("Se connecter à %(application)s", application=application.name), application.login_url)


def in_words(instant: datetime) -> str:
    """An instant in the present language and the university's zone."""
    return instant_in_words(instant, str(get_locale() or "fr"), services().settings.timezone)


def clock_in_words(instant: datetime) -> str:
    """The time of day of an instant in the university's zone; with the day when it is not today's."""
    kcb = services()
    if local_date(instant, kcb.settings.timezone) != kcb.today():
        return in_words(instant)
    return time_in_words(instant, str(get_locale() or "fr"), kcb.settings.timezone)


def _new_link_button() -> Button:
    return Button(_("Comment obtenir un nouveau lien"), "/probleme-de-connexion")


def _retry_button() -> Button:
    # A form cannot be sent again by a link: going back to its page keeps the steps already saved. An address that
    # is none of ours is not repeated: « //elsewhere » would lead there.
    address = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return Button(_("Réessayer"), address if request.url_rule else "/")


def _or_identify() -> list[str]:
    """For those whose way in was a number and a birth date: they have no mail to open again."""
    if not services().profile.identify_by:
        return []
    return [_("Sans mail d'activation, identifiez-vous à nouveau depuis la page « 1ère connexion ».")]


def _link_unknown(_error: e.LinkUnknown) -> DeadEnd:
    return DeadEnd(
        404,
        _("Ce lien n'est pas complet"),
        [
            _("L'adresse a peut-être été coupée par votre messagerie."),
            _("Ouvrez à nouveau le mail et copiez l'adresse entière, ou demandez un nouveau lien."),
        ],
        _new_link_button(),
    )


def _link_expired(error: e.LinkExpired) -> DeadEnd:
    return DeadEnd(
        410,
        _("Ce lien n'est plus valable"),
        [
            _("Il était valable jusqu'au %(date)s.", date=in_words(error.expired_at)),
            _("Rien n'est perdu : demandez un nouveau lien d'activation."),
            *_or_identify(),
        ],
        _new_link_button(),
    )


def _link_used(_error: e.BridgeError) -> DeadEnd:
    return DeadEnd(
        410,
        _("Ce lien a déjà servi"),
        [
            _("Votre compte est activé."),
            _("Connectez-vous avec votre identifiant et le mot de passe que vous avez choisi."),
        ],
        _login_button(),
        kind="done",
    )


def _superseded(_error: e.BridgeError) -> DeadEnd:
    return DeadEnd(
        410,
        _("Un lien plus récent remplace celui-ci"),
        [
            _("Pour votre sécurité, seul le dernier lien envoyé ou ouvert permet de continuer."),
            _("Ouvrez le mail d'activation le plus récent, ou revenez au navigateur où vous l'avez ouvert."),
            *_or_identify(),
        ],
        _new_link_button(),
        kind="info",
    )


def _begin_again(expired_at: datetime) -> DeadEnd:
    """A link that would have gone on with an activation came too late."""
    application = application_of(None)
    return DeadEnd(
        410,
        _("Ce lien n'est plus valable"),
        [
            _("Il était valable jusqu'au %(date)s.", date=in_words(expired_at)),
            _("Reprenez la procédure à l'étape 1 : votre identifiant, puis votre mot de passe provisoire."),
            _("Sans mot de passe provisoire, ouvrez à nouveau le lien de votre mail d'activation."),
            _("Les étapes que vous avez validées sont conservées."),
        ],
        Button(_("Reprendre à l'étape 1"), application.login_url if application else "/premiere-connexion"),
        kind="info",
    )


def _address_link_ended(error: e.AddressLinkEnded) -> DeadEnd:
    if error.expired_at and error.activates:
        return _begin_again(error.expired_at)
    why = (
        _("Il était valable jusqu'au %(date)s.", date=in_words(error.expired_at))
        if error.expired_at
        else _("Un mail plus récent le remplace, ou l'adresse a été changée depuis.")
    )
    return DeadEnd(
        410,
        _("Ce lien ne confirme plus d'adresse"),
        [
            why,
            _(
                "Revenez à la page où vous avez donné votre adresse : vous pourrez y demander un nouveau mail. Si"
                " elle est fermée, recommencez comme la première fois."
            ),
        ],
        Button(_("Problème de connexion"), "/probleme-de-connexion"),
        kind="info",
    )


def _address_confirmed(_error: e.AddressConfirmed) -> DeadEnd:
    return DeadEnd(
        410,
        _("Cette adresse est déjà confirmée"),
        [
            _("Il n'y a plus rien à faire avec ce lien."),
            _("Si vous n'avez pas terminé, revenez à la page où vous en étiez ; sinon, connectez-vous."),
        ],
        _login_button(),
        kind="done",
    )


def _finished_elsewhere(_error: e.FinishedElsewhere) -> DeadEnd:
    return DeadEnd(
        410,
        _("Terminé, connectez-vous"),
        [
            _("Votre compte a été activé depuis un autre appareil ou un autre navigateur."),
            _("Connectez-vous avec le mot de passe que vous y avez choisi."),
        ],
        _login_button(),
        kind="done",
    )


def _handoff_refused(error: e.HandoffRefused) -> DeadEnd:
    log.warning("handoff refused", reason=error.reason)
    return DeadEnd(
        400,
        _("Cette page a déjà servi ou vient d'un autre navigateur"),
        [
            _("Pour votre sécurité, une connexion commencée dans un navigateur se termine dans le même."),
            _("Recommencez : ouvrez le lien de votre mail dans ce navigateur, ou connectez-vous à nouveau."),
        ],
        _login_button(),
    )


def _login_gone(_error: e.LoginGone) -> DeadEnd:
    return DeadEnd(
        410,
        _("Votre connexion a pris fin"),
        [
            _("Elle est restée trop longtemps sans activité, ou le service a redémarré."),
            _("Les étapes que vous avez validées sont conservées."),
            _(
                "Ouvrez à nouveau le lien de votre mail, ou connectez-vous : vous reprendrez où vous en étiez."
            ),
            *_or_identify(),
        ],
        _login_button(),
        kind="info",
    )


def _provisional_ended(error: e.ProvisionalEnded) -> DeadEnd:
    return DeadEnd(
        410,
        _("Ce mot de passe provisoire n'est plus valable"),
        [
            _("Il était valable jusqu'au %(date)s.", date=in_words(error.ended_at)),
            _(
                "Rien n'est perdu : demandez une nouvelle feuille SCOL'PASS à votre service de scolarité, ou un mail"
                " d'activation si vous y avez donné une adresse personnelle."
            ),
        ],
        Button(_("Problème de connexion"), "/probleme-de-connexion"),
        kind="info",
    )


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
    seconds = max(1, math.ceil((error.until - services().clock()).total_seconds()))
    return DeadEnd(
        429,
        _("Trop d'essais en peu de temps"),
        [
            _("Pour protéger les comptes, le nombre d'essais est limité. Rien n'est perdu."),
            _("Réessayez à partir de %(time)s.", time=clock_in_words(error.until)),
        ],
        _retry_button(),
        kind="info",
        headers={"Retry-After": str(seconds)},
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
        _retry_button(),
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
        _retry_button(),
    )


def _database(error: SQLAlchemyError) -> DeadEnd:
    # str() of a driver's error would carry the statement's parameters: only its type is logged.
    log.error("database error", kind=type(error).__name__)
    return DeadEnd(
        503,
        _("Le service est momentanément indisponible"),
        [_("Ce n'est pas de votre fait. Attendez une minute, puis réessayez.")],
        _retry_button(),
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
    e.LinkUnknown: _link_unknown,
    e.LinkExpired: _link_expired,
    e.LinkUsed: _link_used,
    e.LinkSuperseded: _superseded,
    e.AddressLinkEnded: _address_link_ended,
    e.AddressConfirmed: _address_confirmed,
    e.JourneySuperseded: _superseded,
    e.FinishedElsewhere: _finished_elsewhere,
    e.HandoffRefused: _handoff_refused,
    e.LoginGone: _login_gone,
    e.AccountClosed: _account_closed,
    e.ProvisionalEnded: _provisional_ended,
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
