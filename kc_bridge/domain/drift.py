"""What a university decides about users somebody changed in Keycloak: the ``[drift]`` table of its profile."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["CORE", "KEEPABLE", "OWNED", "Drift", "Policy"]

Policy = Literal["keep", "force", "report"]
"""``keep``: ours at creation only, then whoever's who changes it. ``force``: the next run writes ours again, once
``kcb sync drift --repair`` has found it. ``report``: somebody is told."""

CORE = ("username", "email", "firstName", "lastName")
KEEPABLE = ("displayName", "eduPersonAffiliation", "eduPersonPrimaryAffiliation", "supannEtablissement")
IDENTITY = ("uid", "eduPersonPrincipalName", "mailAlternateAddress", "accountEnd", "accountState")
"""Names, and when the account ends: whoever reads them must find ours."""
OWNED = (*KEEPABLE, *IDENTITY)
"""Attributes the sync writes (:func:`sync.people.desired.desired_user`)."""


class Drift(BaseModel):
    """By default everything is told and only an account that must be closed is repaired."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attributes: dict[str, Policy] = {}
    """By attribute the sync writes, or ``username``, ``email``, ``firstName``, ``lastName``."""
    others: Literal["force", "report"] = "report"
    """For those not named."""
    opened: Literal["force", "report"] = "force"
    """Accounts the rules have closed and somebody has opened. The reverse is never repaired: whoever closed an account
    by hand had a reason."""
    missing: Literal["force", "report"] = "report"
    """Users somebody has deleted; ``force``: the next run makes them again, to be activated again."""

    @model_validator(mode="after")
    def _known_attributes(self) -> Drift:
        for name, policy in self.attributes.items():
            if name not in (*CORE, *OWNED):
                raise ValueError(f"drift.attributes: the sync does not write « {name} »")
            if policy == "keep" and name not in KEEPABLE:
                raise ValueError(f"drift.attributes: « {name} » cannot be kept, only {', '.join(KEEPABLE)}")
        return self

    def policy(self, attribute: str) -> Policy:
        """That of one attribute."""
        return self.attributes.get(attribute, self.others)

    @property
    def kept(self) -> frozenset[str]:
        """Attributes that are the sync's at creation only."""
        return frozenset(name for name, policy in self.attributes.items() if policy == "keep")
