"""From a person to the Keycloak user they should have."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kc_bridge.domain.account_state import DATA_PURGED, PURGED
from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.domain.person import Identity, key_digest
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.ports import DirectoryUser
from sync.rules.lifecycle import Standing
from sync.rules.primary import edu_person_affiliations, edu_person_primary

__all__ = ["THEIR_OWN", "Account", "desired_user", "profile_fingerprint"]

THEIR_OWN = (
    "supannMailPrive",
    "supannTelephonePrive",
    "mailForwardingAddress",
    "mailDeliveryOption",
    "kcbSmsConsent",
    "kcbPhotoUse",
    "kcbDirectoryVisibility",
    "kcbCharter",
)
"""What people gave and chose at their activation: the sync never writes it, and empties it with their data."""


@dataclass(frozen=True)
class Account:
    """The names of somebody's account; three different things, though they look alike at first."""

    uid: str
    login: str
    mail: str
    aliases: tuple[str, ...] = ()
    """Former addresses under which mail still arrives."""


def desired_user(
    identity: Identity, account: Account, standing: Standing, profile: UniversityProfile, language: str
) -> DirectoryUser:
    """What Keycloak should hold: what applications need, and no identification data."""
    attributes: dict[str, tuple[str, ...]] = {
        "uid": (account.uid,),
        "displayName": (f"{identity.first_name} {identity.last_name}",),
        "eduPersonPrincipalName": (f"{account.uid}@{profile.domain}",),
        "mailAlternateAddress": account.aliases,
        "eduPersonAffiliation": edu_person_affiliations(standing.populations),
        "eduPersonPrimaryAffiliation": (edu_person_primary(standing.population),),
        "supannEtablissement": (f"{{UAI}}{profile.establishment}",),
        "accountEnd": (standing.account_end.isoformat(),) if standing.account_end else (),
        "accountState": (standing.state,),
    }
    first = {"locale": (language,)} | {name: attributes.pop(name) for name in profile.drift.kept}
    if standing.state in {DATA_PURGED, PURGED}:
        attributes |= dict.fromkeys(THEIR_OWN, ())
    return DirectoryUser(
        key=key_digest(identity.key),
        username=account.login,
        email=account.mail,
        first_name=identity.first_name,
        last_name=identity.last_name,
        enabled=standing.open,
        attributes=attributes,
        first_attributes=first,
        required_actions=tuple(keycloak_actions(profile.journey_for(standing.population))),
    )


def profile_fingerprint(profile: UniversityProfile) -> str:
    """Changes when the profile would make other users of the same rows."""
    decisive = profile.model_dump_json(include={"establishment", "domain", "mail_domains", "lifecycle"})
    kept = ",".join(sorted(profile.drift.kept))
    return hashlib.sha256(f"{decisive}{kept}".encode()).hexdigest()
