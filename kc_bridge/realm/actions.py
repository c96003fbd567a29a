"""The activation steps as Keycloak required actions: which are switched on, in what order, with what settings."""

from __future__ import annotations

from typing import Any

from kc_bridge.domain import plugins
from kc_bridge.domain.journey import EXTRA, action_id, actions_of
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.realm.attributes import ATTRIBUTES
from kc_bridge.realm.resource import Kind, Resource
from kc_bridge.realm.server import Server
from kc_bridge.realm.words import ByLanguage, in_one_language
from kc_bridge.settings import Settings

__all__ = ["NAMES", "plug_in_attributes", "required_actions", "used_actions"]

FIRST_PRIORITY = 200
"""After Keycloak's own actions that secure the login (second factor, passkey), which are below it."""
STEP_BETWEEN = 10
OURS_TO_EXTRA = "kcbExtra"
"""The attribute plug-in steps may write without declaring one."""

NAMES: dict[str, ByLanguage] = {
    "charter": {
        "fr": "kc-bridge : accepter la charte",
        "en": "kc-bridge: accept the policy",
    },
    "backup_mail": {
        "fr": "kc-bridge : donner une adresse de secours",
        "en": "kc-bridge: give a backup address",
    },
    "mail_forwarding": {
        "fr": "kc-bridge : rediriger le courrier ou non",
        "en": "kc-bridge: forward mail or not",
    },
    "security_question": {
        "fr": "kc-bridge : choisir une question secrète",
        "en": "kc-bridge: choose a security question",
    },
    "sms_consent": {
        "fr": "kc-bridge : accepter ou refuser les SMS",
        "en": "kc-bridge: allow text messages or not",
    },
    "photo_use": {
        "fr": "kc-bridge : montrer sa photo ou non",
        "en": "kc-bridge: show one's photograph or not",
    },
    "directory_visibility": {
        "fr": "kc-bridge : figurer dans l'annuaire ou non",
        "en": "kc-bridge: be listed in the directory or not",
    },
    "new_password": {
        "fr": "kc-bridge : choisir un mot de passe",
        "en": "kc-bridge: choose a password",
    },
    "extra": {
        "fr": "kc-bridge : étape supplémentaire (extension)",
        "en": "kc-bridge: additional step (plug-in)",
    },
}
"""What the console calls each step; Keycloak keeps one name for all languages."""


def used_actions(profile: UniversityProfile) -> list[str]:
    """Actions the profile needs: those of the journeys in their order, then those people may do again by themselves."""
    journeys = [step for journey in profile.journeys for step in journey.steps]
    return actions_of(list(dict.fromkeys([*journeys, *profile.steps_alone])))


def required_actions(settings: Settings, profile: UniversityProfile, server: Server) -> list[Resource]:
    """Every action the server offers; those the profile needs are switched on.

    The others stay as the console has them. None is a default action: the sync says who has something to do.
    """
    used = used_actions(profile)
    names = {action_id(step): in_one_language(words, profile.languages[0]) for step, words in NAMES.items()}
    particular = _particular(profile, server)
    resources = []
    general = {
        "step_url": f"{settings.public_url}/activation/enter",
        "ticket_ttl": str(int(settings.session_absolute.total_seconds())),
    }
    for alias in sorted(
        server.required_actions, key=lambda a: (used.index(a) if a in used else len(used), a)
    ):
        body: dict[str, Any] = {"defaultAction": False}
        if alias in names:
            body["name"] = names[alias]
        if alias in used:
            body |= {"enabled": True, "priority": FIRST_PRIORITY + STEP_BETWEEN * used.index(alias)}
        resources += [
            Resource(Kind.REQUIRED_ACTION, alias, body),
            Resource(Kind.REQUIRED_ACTION_CONFIG, alias, {"config": general | particular.get(alias, {})}),
        ]
    return resources


def _particular(profile: UniversityProfile, server: Server) -> dict[str, dict[str, str]]:
    """What one step alone has behind its gear, by alias."""
    # A provisional password leads to the journey, not to Keycloak's own page.
    found = {action_id("new_password"): {"replace_update_password": "true"}}
    if "required_version" in server.charter_settings:
        # People who accepted an older one are asked again at their next login.
        found[action_id("charter")] = {"required_version": profile.charter.version}
    if attributes := plug_in_attributes():
        found[EXTRA] = {"attributes": ",".join([OURS_TO_EXTRA, *attributes])}
    return found


def plug_in_attributes() -> list[str]:
    """Attributes of Keycloak's user that plug-in steps write, which nobody else declares."""
    steps = plugins.load(plugins.STEPS).values()
    known = {attribute.name for attributes in ATTRIBUTES.values() for attribute in attributes}
    wanted = dict.fromkeys(name for step in steps for name in step.attributes)
    return [name for name in wanted if name not in known]
