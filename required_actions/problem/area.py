"""What the pages of the procedure share: where they are, and what this browser has proved."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, session

from kc_bridge.domain.link import expiry
from kc_bridge.domain.profile import JourneySpec, UniversityProfile
from kc_bridge.services import Services, services
from required_actions.identifying import NOTICE

__all__ = [
    "ADDRESS",
    "HERE",
    "IDENTIFIER",
    "KIND",
    "PROOF",
    "PROOF_LIFETIME",
    "Proof",
    "blueprint",
    "keep",
    "kept",
    "link_expires_at",
    "notices",
]

HERE = "/probleme-de-connexion"
IDENTIFIER, PROOF, ADDRESS = f"{HERE}/identifiant", f"{HERE}/verification", f"{HERE}/adresse"
KIND = "activation"
"""Of the mail that is asked for (:mod:`required_actions.asking`)."""
PROOF_LIFETIME = timedelta(minutes=15)
"""Of an INE and a birth date, in the browser that gave them."""
NOTICES = (NOTICE, "backup_mail")
"""The profile's words on what the INE, the birth date and the address are used for."""
KEPT = "problem"

blueprint = Blueprint("problem", __name__, url_prefix=HERE, template_folder="../templates")


@dataclass(frozen=True)
class Proof:
    """Who this browser has proved to be, and what was done with it. Dates are ISO 8601: a session is JSON."""

    person_id: str
    generation: int
    """It ends with whatever raises it, but for the change it serves itself."""
    at: str
    sent_to: str | None = None
    """The address last given, as typed: it may be shown in this browser."""
    sent_at: str | None = None


@blueprint.before_request
def _must_be_offered() -> None:
    if not services().profile.asked_by_identifier:
        abort(404)


def notices(profile: UniversityProfile) -> dict[str, str]:
    """The notices a profile needs to offer the procedure, and why."""
    return dict.fromkeys(NOTICES, "the entrance « identifier »") if profile.asked_by_identifier else {}


def keep(proof: Proof, **changed: str | int | None) -> Proof:
    """Keeps it in the browser's session, on the server."""
    proof = replace(proof, **changed)  # type: ignore[arg-type]
    session[KEPT] = asdict(proof)
    return proof


def kept() -> Proof | None:
    """What this browser has proved, if that still counts."""
    found: dict[str, Any] | None = session.get(KEPT)
    if found is None:
        return None
    proof = Proof(**found)
    ends = datetime.fromisoformat(proof.at) + PROOF_LIFETIME
    return proof if services().clock() < ends else None


def link_expires_at(kcb: Services, asked_at: datetime, journeys: list[JourneySpec]) -> datetime | None:
    """When a link asked for then ends, as far as it is the same for all who have one of the ``journeys``."""
    lifetimes = {journey.lifetime_when_asked for journey in journeys}
    return expiry(lifetimes.pop(), asked_at, kcb.settings.timezone) if len(lifetimes) == 1 else None
