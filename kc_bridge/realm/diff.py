"""How a realm differs from the one wanted. Pure: the one who decides never talks.

What the server has beyond the wanted documents is left alone, at every depth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kc_bridge.realm.resource import ABSENT, Kind, Resource, Rule

__all__ = ["Actual", "Change", "Edit", "compare", "overlay"]

Actual = Mapping[tuple[Kind, str], Mapping[str, Any] | None]
"""Resources as the server has them; None for one it has not."""


@dataclass(frozen=True)
class Change:
    """One value that differs."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_show(self.before)} → {_show(self.after)}"


@dataclass(frozen=True)
class Edit:
    """Everything to write to one resource."""

    resource: Resource
    before: Mapping[str, Any] | None
    """The document as it is; None when the resource has to be created."""
    after: Mapping[str, Any]
    """The whole document to write, unknown parts kept."""
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        return f"{self.resource.kind} {self.resource.name}".strip()


def compare(wanted: Iterable[Resource], actual: Actual) -> list[Edit]:
    """What to write, in the order of ``wanted``; empty when nothing differs."""
    edits = []
    for resource in wanted:
        before = actual.get(resource.key)
        after, changes = overlay(before or {}, resource.body)
        if changes or before is None:
            edits.append(Edit(resource, before, after, tuple(changes)))
    return edits


def overlay(actual: Any, wanted: Any, path: str = "") -> tuple[Any, list[Change]]:
    """``actual`` with ``wanted`` laid over it, and the changes that makes.

    Objects merge by key and lists of named objects by ``name``. Lists of words are sets: Keycloak promises no order.
    Keycloak stores no empty text and no empty list: where one is wanted, nothing is as good.
    """
    if isinstance(wanted, Mapping) and (wanted or isinstance(actual, Mapping)):
        return _objects(actual if isinstance(actual, Mapping) else {}, wanted, path)
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], Mapping):
        return _named(actual if isinstance(actual, list) else [], wanted, path)
    after = wanted.over(actual) if isinstance(wanted, Rule) else wanted
    if _same(actual, after):
        return actual, []
    return after, [Change(path, actual, after)]


def _same(actual: Any, after: Any) -> bool:
    if after in ("", []) and actual in (None, ABSENT):
        return True
    if isinstance(actual, list) and isinstance(after, list):
        return set(actual) == set(after)
    return bool(actual == after) and type(actual) is type(after)


def _objects(
    actual: Mapping[str, Any], wanted: Mapping[str, Any], path: str
) -> tuple[dict[str, Any], list[Change]]:
    merged, changes = dict(actual), []
    for key, value in wanted.items():
        after, found = overlay(actual.get(key, ABSENT), value, f"{path}.{key}" if path else key)
        merged[key] = value if after is ABSENT else after
        changes += found
    return merged, changes


def _named(actual: list[Any], wanted: list[Any], path: str) -> tuple[list[Any], list[Change]]:
    merged, changes = list(actual), list[Change]()
    places = {item.get("name"): place for place, item in enumerate(merged)}
    for item in wanted:
        at, place = f"{path}[{item['name']}]", places.get(item["name"])
        if place is None:
            merged.append(item)
            changes.append(Change(at, ABSENT, item))
        else:
            merged[place], found = _objects(merged[place], item, at)
            changes += found
    return merged, changes


def _show(value: Any) -> str:
    """A value as an administrator reads it; a JWK set by its key ids."""
    if value is None or value is ABSENT:
        return "absent"
    if isinstance(value, str) and value.startswith('{"keys"'):
        return "keys " + ", ".join(key["kid"] for key in json.loads(value)["keys"])
    if isinstance(value, str):
        return f"« {value} »"
    if isinstance(value, list):
        return "[" + ", ".join(sorted(map(str, value))) + "]"
    return json.dumps(value, ensure_ascii=False)
