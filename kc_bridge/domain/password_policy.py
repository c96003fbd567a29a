"""What a university asks of passwords, in its own profile; ``kcb setup`` says it to Keycloak (ADR 17)."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kc_bridge.domain.password_demands import Demand, among, forbidden, in_one, letters, no_space, pattern

__all__ = ["PasswordPolicy"]

SHORTEST_NAME = 3
"""Letters before the « @ » of a login; a shorter name is found in too many words."""


class PasswordPolicy(BaseModel):
    """Rules ``kcb setup`` turns into the realm's password policy: Keycloak is the one source of truth.

    ``dictionary`` and ``recommended_length`` are the bridge's own: Keycloak has nothing of the kind.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    length: int = Field(12, ge=8)
    recommended_length: int | None = None
    """Said as advice beside the rules; refuses nothing."""
    max_length: int = Field(128, le=256)
    letters: int = Field(0, ge=0)
    """Of any case and alphabet."""
    lower_case: int = Field(0, ge=0)
    upper_case: int = Field(0, ge=0)
    digits: int = Field(0, ge=0)
    special_chars: int = Field(0, ge=0)
    special_among: str = ""
    """The characters that count as special; default: whatever is neither letter nor digit, spaces included."""
    forbidden: str = ""
    """Characters no password may have."""
    spaces: bool = True
    """Whether spaces may be typed."""
    regex: list[str] = []
    """What cannot be said otherwise: each must match the whole password, to Java and to Python alike."""
    regex_texts: dict[str, dict[str, str]] = {}
    """By pattern, then by language: what it asks, to follow « Il doit être » (« sans espace »)."""
    not_username: bool = True
    not_contains_username: bool = False
    """Neither the username nor what stands before its « @ »."""
    not_email: bool = False
    history: int = Field(0, ge=0)
    """How many of the last passwords are refused, the present one included."""
    dictionary: bool = False
    """Refuses a single French or English word, whatever digits and symbols stand around it."""
    blacklist: str | None = Field(None, pattern=r"^[^/\s()]+$")
    """Name of a file in ``data/password-blacklists/`` of every Keycloak server; without it the realm cannot be set up.
    None: what an administrator chose in the console stays."""

    @property
    def demands(self) -> list[Demand]:
        """What Keycloak has no rule for; all of it reaches it as one regular expression."""
        found = [letters(self.letters)] if self.letters else []
        if self.special_among:
            found.append(among(self.special_chars, self.special_among))
        if self.forbidden:
            found.append(forbidden(self.forbidden))
        if not self.spaces:
            found.append(no_space())
        return found + [pattern(text) for text in self.regex]

    @property
    def expression(self) -> str | None:
        """All the demands as Keycloak has them; it keeps one ``regexPattern`` a realm, the last one said."""
        demands = self.demands
        return in_one(demands) if demands else None

    def keycloak(self) -> str:
        """The policy in Keycloak's own words, e.g. ``length(12) and notUsername(undefined)``."""
        parts = [f"length({self.length})", f"maxLength({self.max_length})"]
        parts += [
            f"{name}({count})"
            for name, count in (
                ("lowerCase", self.lower_case),
                ("upperCase", self.upper_case),
                ("digits", self.digits),
                ("specialChars", 0 if self.special_among else self.special_chars),
            )
            if count
        ]
        if self.expression is not None:
            parts.append(f"regexPattern({self.expression})")
        for name, wanted in (
            ("notUsername", self.not_username),
            ("notContainsUsername", self.not_contains_username),
            ("notEmail", self.not_email),
        ):
            if wanted:
                parts.append(f"{name}(undefined)")
        if self.history:
            parts.append(f"passwordHistory({self.history})")
        if self.blacklist:
            parts.append(f"passwordBlacklist({self.blacklist})")
        return " and ".join(parts)

    def has_login(self, password: str, login: str) -> bool:
        """True for what Keycloak lets pass, because to it the username is the whole of « prenom.nom@… »."""
        name, at, _domain = login.lower().partition("@")
        typed = password.lower()
        return bool(
            self.not_contains_username
            and at
            and len(name) >= SHORTEST_NAME
            and name in typed
            and login.lower() not in typed
        )

    @field_validator("special_among", "forbidden")
    @classmethod
    def _symbols(cls, text: str) -> str:
        if any(char.isalnum() or char.isspace() or not char.isprintable() for char in text):
            raise ValueError("only characters that are neither letters nor digits nor spaces")
        return "".join(dict.fromkeys(text))

    @field_validator("regex")
    @classmethod
    def _expressions(cls, patterns: list[str]) -> list[str]:
        for text in patterns:
            try:
                groups = re.compile(text).groups
            except re.error as error:
                raise ValueError(f"« {text} »: {error}") from None
            if groups:
                raise ValueError(f"« {text} »: write (?:…) for (…)")
        return patterns

    @model_validator(mode="after")
    def _sense(self) -> Self:
        if set(self.regex) != set(self.regex_texts):
            raise ValueError("regex_texts: say of each regex, and of no other, what it asks of people")
        if self.special_among and not self.special_chars:
            raise ValueError("special_chars: say how many of special_among")
        if set(self.special_among) & set(self.forbidden):
            raise ValueError("forbidden: these characters are in special_among")
        if not self.length <= (self.recommended_length or self.length) <= self.max_length:
            raise ValueError("recommended_length: between length and max_length")
        cases = max(self.letters, self.lower_case + self.upper_case)
        if cases + self.digits + self.special_chars > self.max_length:
            raise ValueError("max_length: too short for the characters asked for")
        return self
