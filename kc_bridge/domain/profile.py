"""A university profile: journeys, password policy, branding and texts of one realm, read from one TOML file.

Shipped profiles are in ``required_actions/profiles``; a university writes its own file and names its path.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kc_bridge.domain.toml_model import load_toml

__all__ = [
    "Branding",
    "Charter",
    "JourneySpec",
    "Page",
    "PasswordPolicy",
    "UniversityProfile",
    "load_profile",
]

SHIPPED = "required_actions.profiles"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Branding(_Strict):
    """What makes pages, theme and mails look like this university's."""

    name: str
    """Full name, as in headers and mail signatures."""
    short_name: str
    """Short name, as in subjects."""
    primary: str = Field("#1d4f91", pattern=r"^#[0-9a-fA-F]{6}$")
    """Main colour; kept only where its contrast with white is at least 4.5."""
    logo_url: str | None = None
    """Address of a logo on the bridge's own origin; default: ours, neutral."""
    help_url: str | None = None
    """Where « Besoin d'aide ? » leads; default: the bridge's own help page."""
    help_mail: str | None = None
    """Address people write to."""


class PasswordPolicy(_Strict):
    """Rules ``kcb setup`` turns into the realm's password policy: Keycloak is the one source of truth."""

    length: int = Field(12, ge=8)
    max_length: int = Field(128, le=256)
    lower_case: int = 0
    upper_case: int = 0
    digits: int = 0
    special_chars: int = 0
    regex: list[str] = []
    not_username: bool = True
    not_email: bool = False
    history: int = 0

    def keycloak(self) -> str:
        """The policy in Keycloak's own words, e.g. ``length(12) and notUsername(undefined)``."""
        parts = [f"length({self.length})", f"maxLength({self.max_length})"]
        parts += [
            f"{name}({count})"
            for name, count in (
                ("lowerCase", self.lower_case),
                ("upperCase", self.upper_case),
                ("digits", self.digits),
                ("specialChars", self.special_chars),
            )
            if count
        ]
        parts += [f"regexPattern({pattern})" for pattern in self.regex]
        if self.not_username:
            parts.append("notUsername(undefined)")
        if self.not_email:
            parts.append("notEmail(undefined)")
        if self.history:
            parts.append(f"passwordHistory({self.history})")
        return " and ".join(parts)


class Charter(_Strict):
    """The text people accept; the proof keeps version, language and the SHA-256 of the very text."""

    version: str
    title: dict[str, str]
    text: dict[str, str]
    """By language; plain paragraphs separated by an empty line, ``- `` for lists, ``## `` for headings."""


class Page(_Strict):
    """One page of a journey: one or more steps done together."""

    steps: list[str] = Field(min_length=1)
    options: dict[str, Any] = {}


class JourneySpec(_Strict):
    """The ordered pages one population goes through."""

    name: str
    populations: list[str] = Field(min_length=1)
    entrances: list[Literal["mail-link", "provisional-password", "identify", "identifier"]] = ["mail-link"]
    link_lifetime: timedelta = timedelta(hours=24)
    """Life of the activation link, from the moment it is sent."""
    pages: list[Page] = Field(min_length=1)

    @property
    def steps(self) -> list[str]:
        """Every step, in order."""
        return [step for page in self.pages for step in page.steps]


class UniversityProfile(_Strict):
    """Everything particular to one university."""

    name: str
    establishment: str
    """UAI code of the establishment, written ``{UAI}…`` in ``supannEtablissement``."""
    languages: list[str] = ["fr", "en"]
    mail_domains: dict[str, str]
    """Domain of the university mail by population."""
    branding: Branding
    password_policy: PasswordPolicy
    charter: Charter
    journeys: list[JourneySpec] = Field(min_length=1)

    def journey_for(self, population: str) -> JourneySpec:
        """The journey of a population; the first one for populations no journey names."""
        return next((j for j in self.journeys if population in j.populations), self.journeys[0])

    def journey(self, name: str) -> JourneySpec | None:
        """The journey of that name."""
        return next((j for j in self.journeys if j.name == name), None)


def load_profile(name: str) -> UniversityProfile:
    """Reads a shipped profile by name, or a TOML file by path.

    Raises :class:`ConfigurationError` naming the file and every wrong field.
    """
    return load_toml(UniversityProfile, name, SHIPPED, "university profile", "default")
