"""A university's own package adds steps, sources, rules and profiles by entry points: no fork, and no Java.

| group | the entry point names | its value is |
|---|---|---|
| ``kc_bridge.steps`` | the step, as profiles name it | a :class:`required_actions.registry.Step` |
| ``kc_bridge.sources`` | the ``kind`` of a ``[[sources]]`` block | a function of its settings: :mod:`sync.sources.build` |
| ``kc_bridge.rules`` | the rule, as logs name it | a function of an affiliation: :mod:`sync.rules.ends` |
| ``kc_bridge.profiles`` | the profile | the package that holds ``<name>.toml`` |

Whatever is installed beside us is found; ``docs/plug-ins.md`` shows a package that adds one of each.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["PROFILES", "RULES", "SOURCES", "STEPS", "fingerprint", "forget", "load", "named"]

STEPS = "kc_bridge.steps"
SOURCES = "kc_bridge.sources"
RULES = "kc_bridge.rules"
PROFILES = "kc_bridge.profiles"


@cache
def named(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name. Raises :class:`ConfigurationError` when two packages claim one name."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise ConfigurationError(
                f"Two packages bring « {point.name} » ({group}): {_package(other)} and {_package(point)}.",
                "Uninstall one of them.",
            )
    return found


@cache
def load(group: str) -> dict[str, Any]:
    """What a group's entry points stand for, by name, in alphabetical order.

    Raises :class:`ConfigurationError` naming the package that cannot be imported.
    """
    loaded: dict[str, Any] = {}
    for name, point in sorted(named(group).items()):
        try:
            loaded[name] = point.load()
        except Exception as error:  # whatever a foreign module does when imported
            raise ConfigurationError(
                f"The plug-in « {name} » of {_package(point)} cannot be loaded ({point.value}): {error!r}",
                f"Correct that package, or uninstall it: {_package(point)}.",
            ) from error
    return loaded


def fingerprint(group: str) -> str:
    """Changes with the plug-ins of a group and with their versions; empty without any."""
    return " ".join(f"{name}={point.value}@{_package(point)}" for name, point in sorted(named(group).items()))


def forget() -> None:
    """Looks for plug-ins anew: another package may have been installed since."""
    named.cache_clear()
    load.cache_clear()


def _package(point: EntryPoint) -> str:
    """« kcb-example 1.0 »."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
