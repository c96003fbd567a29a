"""The words of realm configuration: a resource, and values that are rules rather than values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

__all__ = ["ABSENT", "AtLeast", "InPlaceOf", "Kind", "Members", "Policy", "Resource", "Rule"]


class Kind(StrEnum):
    """What can be configured; the value is what an administrator reads."""

    REALM = "realm"
    TEXTS = "texts"
    USER_PROFILE = "user profile"
    CLIENT_SCOPE = "client scope"
    CLIENT = "client"
    CLIENT_ROLES = "roles of client"
    SERVICE_ACCOUNT_ROLES = "service account roles of"
    SCOPE_MAPPINGS = "scope mappings of"
    REQUIRED_ACTION = "required action"
    REQUIRED_ACTION_CONFIG = "settings of required action"
    LOGIN_FLOW = "login flow"
    FLOW_BINDING = "flow binding"


@dataclass(frozen=True)
class Resource:
    """One thing of the realm as it should be, holding only what we care about."""

    kind: Kind
    name: str
    body: Mapping[str, Any]
    """A document in the Admin API's own JSON."""

    @property
    def key(self) -> tuple[Kind, str]:
        return self.kind, self.name


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""What there is where there is nothing."""


@runtime_checkable
class Rule(Protocol):
    """A wanted value that depends on what an administrator has put there."""

    def over(self, actual: Any) -> Any:
        """The value to write in place of ``actual``."""


class AtLeast(tuple[str, ...]):
    """A list whose further items stay."""

    __slots__ = ()

    def over(self, actual: Any) -> list[str]:
        present: list[str] = actual if isinstance(actual, list) else []
        return present + [item for item in self if item not in present]


@dataclass(frozen=True)
class Members:
    """A list that has the required items, none of the forbidden ones, and whatever else there is."""

    required: tuple[str, ...]
    forbidden: frozenset[str]

    def over(self, actual: Any) -> list[str]:
        return [item for item in AtLeast(self.required).over(actual) if item not in self.forbidden]


@dataclass(frozen=True)
class InPlaceOf:
    """A value that replaces Keycloak's own default only: what an administrator chose stays."""

    value: str
    default: str

    def over(self, actual: Any) -> Any:
        return self.value if actual in (ABSENT, None, self.default) else actual


@dataclass(frozen=True)
class Policy:
    """A password policy in Keycloak's words; rules a university profile cannot express (hashing, deny lists) stay."""

    text: str
    governed: frozenset[str]
    """Ids the profile decides: one that ``text`` lacks is removed."""

    def over(self, actual: Any) -> str:
        present = actual.split(" and ") if isinstance(actual, str) and actual else []
        wanted = self.text.split(" and ")
        kept = [rule for rule in present if rule.partition("(")[0] not in self.governed]
        after = wanted + kept
        return actual if set(after) == set(present) else " and ".join(after)
