"""« Mes données »: what the bridge holds on somebody, why and for how long, and all of it as a file (GDPR art. 13, 15, 20)."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.services import services
from kc_bridge.store.personal_data import held_on
from kc_bridge.web.account.login import here

__all__ = ["FORMAT", "KEYS", "blueprint"]

blueprint = Blueprint("account_data", __name__, url_prefix="/compte")

FORMAT = "kc-bridge/my-data/1"

KEYS: dict[str, Any] = {
    "person": _l("Votre identité, votre identifiant, vos adresses, l'état de votre compte et sa date de fin"),
    "identifiers": _l("Les numéros qui vous identifient : INE, numéro étudiant, numéro personnel"),
    "affiliations": _l("Vos inscriptions, contrats ou séjours, et le droit que chacun donne"),
    "further_keys": _l("Les autres clés sous lesquelles les fichiers de l'université vous connaissent"),
    "mail_aliases": _l("Vos anciennes adresses universitaires, dont les mails vous parviennent toujours"),
    "journeys": _l("Les étapes que vous avez suivies ici et ce que vous y avez répondu"),
    "charter_acceptances": _l("Les versions de la charte que vous avez acceptées"),
    "consents": _l("Vos accords et vos refus, avec leur date"),
    "security_question": _l("Votre question joker ; de la réponse, seule une empreinte est gardée"),
    "address_changes": _l("Les changements de votre mail de secours"),
    "links": _l("Les liens qui vous ont été envoyés ; leur contenu secret n'est gardé nulle part"),
    "mails": _l("Les mails que ce service vous a envoyés : leur sujet et leur date"),
    "told_others": _l(
        "Ce qui a été dit de votre compte à l'annuaire ou à d'autres services de l'université : quoi, à qui et quand"
    ),
    "history": _l("Ce qui a été fait sur votre compte, quand, et par qui ou par quoi"),
}
"""What each part of the file is; the page lists the same."""

SUBJECTS: dict[str, Any] = {
    "identify": _l("Numéro et date de naissance"),
    "backup_mail": _l("Mail de secours"),
    "mail_forwarding": _l("Redirection de vos mails"),
    "security_question": _l("Question joker"),
    "sms_consent": _l("Messages SMS"),
    "photo_use": _l("Usage de votre photo"),
    "directory_visibility": _l("Visibilité dans l'annuaire"),
}
"""What the profile's notices are about, as people call it."""


@blueprint.get("/donnees")
def page() -> str:
    """What is held, why, on which legal basis, for how long, and whom to write to."""
    visitor, kcb = here(), services()
    return render_template(
        "account/data.html",
        account=visitor.account,
        known=visitor.person is not None,
        keys=list(KEYS.values()),
        notices=_notices(kcb.profile, _language()),
        privacy_contact=kcb.profile.privacy.contact,
    )


@blueprint.get("/donnees.json")
def download() -> Response:
    """Everything the bridge holds on whoever is logged in, for machines too; nothing of anybody else."""
    visitor, kcb = here(), services()
    with kcb.sessions() as db:
        held = held_on(db, visitor.person) if visitor.person else {}
    document = {
        "format": FORMAT,
        "exported_at": kcb.clock().isoformat(),
        "university": kcb.profile.branding.name,
        "contact": kcb.profile.privacy.contact,
        "login": visitor.account,
        "about": {name: str(text) for name, text in KEYS.items()},
        **held,
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    answer = Response(text + "\n", mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"mes-donnees-{kcb.today()}.json")
    return answer


def _notices(profile: UniversityProfile, language: str) -> list[dict[str, str]]:
    """Every notice of the profile, each under its subject."""
    return [
        {"subject": str(SUBJECTS.get(name, name)), **notice.told(language)}
        for name, notice in profile.privacy.notices.items()
    ]


def _language() -> str:
    return str(get_locale() or "fr")
