"""What a university asks of passwords, in its own profile; ``kcb setup`` says it to Keycloak."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PasswordPolicy"]


class PasswordPolicy(BaseModel):
    """Rules ``kcb setup`` turns into the realm's password policy: Keycloak is the one source of truth."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    length: int = Field(12, ge=8)
    max_length: int = Field(128, le=256)
    lower_case: int = 0
    upper_case: int = 0
    digits: int = 0
    special_chars: int = 0
    regex: list[str] = []
    regex_texts: dict[str, dict[str, str]] = {}
    """By pattern, then by language: what it asks, to follow « Il doit être » (« sans espace »)."""
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
