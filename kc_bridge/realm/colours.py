"""The university's colours, as Keycloak can carry them to its pages and mails."""

from __future__ import annotations

from kc_bridge.domain.colour import dark_accents, light_accents
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.realm.words import ByLanguage

__all__ = ["colour_attributes", "colour_texts"]


def colour_attributes(primary: str) -> dict[str, str]:
    """Attributes of the realm, which its pages read (``footer.ftl``): ``action:#1d4f91 link:#1d4f91 …``."""
    return {
        "kcbColorsLight": _tokens(light_accents(primary)),
        "kcbColorsDark": _tokens(dark_accents(primary)),
    }


def colour_texts(profile: UniversityProfile) -> dict[str, ByLanguage]:
    """Localisation texts, the only words about a realm its mails can read (``email/html/template.ftl``)."""
    light, dark = (accents(profile.branding.primary) for accents in (light_accents, dark_accents))
    colours = {
        "kcbMailAction": light["action"],
        "kcbMailActionLine": light["action-line"],
        "kcbMailOnAction": light["on-action"],
        "kcbMailLink": light["link"],
        "kcbMailDarkLink": dark["link"],
    }
    return {key: dict.fromkeys(profile.languages, colour) for key, colour in colours.items()}


def _tokens(accents: dict[str, str]) -> str:
    return " ".join(f"{token}:{colour}" for token, colour in accents.items())
