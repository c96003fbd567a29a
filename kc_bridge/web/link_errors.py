"""The dead ends of links, journeys and logins: what happened, what to do, one button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from flask_babel import gettext as _

from kc_bridge.domain import errors as e
from kc_bridge.web.dead_end import Button, DeadEnd, login_button, new_link_button, or_identify
from kc_bridge.web.words import application_of, in_words

__all__ = ["PAGES"]

log = structlog.get_logger()


def _link_unknown(_error: e.LinkUnknown) -> DeadEnd:
    return DeadEnd(
        404,
        _("Ce lien n'est pas complet"),
        [
            _("L'adresse a peut-être été coupée par votre messagerie."),
            _("Ouvrez à nouveau le mail et copiez l'adresse entière, ou demandez un nouveau lien."),
        ],
        new_link_button(),
    )


def _link_expired(error: e.LinkExpired) -> DeadEnd:
    return DeadEnd(
        410,
        _("Ce lien n'est plus valable"),
        [
            _("Il était valable jusqu'au %(date)s.", date=in_words(error.expired_at)),
            _("Rien n'est perdu : demandez un nouveau lien d'activation."),
            *or_identify(),
        ],
        new_link_button(),
    )


def _link_used(_error: e.BridgeError) -> DeadEnd:
    return DeadEnd(
        410,
        _("Ce lien a déjà servi"),
        [
            _("Votre compte est activé."),
            _("Connectez-vous avec votre identifiant et le mot de passe que vous avez choisi."),
        ],
        login_button(),
        kind="done",
    )


def _superseded(_error: e.BridgeError) -> DeadEnd:
    return DeadEnd(
        410,
        _("Un lien plus récent remplace celui-ci"),
        [
            _("Pour votre sécurité, seul le dernier lien envoyé ou ouvert permet de continuer."),
            _("Ouvrez le mail le plus récent, ou revenez au navigateur où vous l'avez ouvert."),
            *or_identify(),
        ],
        new_link_button(),
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
        login_button(),
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
        login_button(),
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
        login_button(),
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
            *or_identify(),
        ],
        login_button(),
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


PAGES: dict[type[Exception], Callable[..., DeadEnd]] = {
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
    e.ProvisionalEnded: _provisional_ended,
}
