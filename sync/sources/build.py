"""From the settings to sources."""

from __future__ import annotations

from collections.abc import Callable

from kc_bridge.domain import plugins
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.settings import Settings, SourceSettings
from sync.desired import profile_fingerprint
from sync.sources.base import Source
from sync.sources.csv import CsvSource
from sync.sources.mapping import load_mapping

__all__ = ["Builder", "build_sources"]

Builder = Callable[[SourceSettings, str], Source]
"""Makes a source of one kind (entry points ``kc_bridge.sources``) from its settings and a text that must be part of every
row's hash: :func:`sync.sources.base.seed`. Raises :class:`ConfigurationError` for settings it cannot use."""


def build_sources(settings: Settings, profile: UniversityProfile) -> list[Source]:
    """Every source of the settings; :class:`ConfigurationError` says which one is set up wrongly."""
    if not settings.sources:
        raise ConfigurationError("No source of enrolments is set.", "Add a [[sources]] block to kcb.toml.")
    names = [source.name for source in settings.sources]
    for name in names:
        if names.count(name) > 1 or ":" in name:
            raise ConfigurationError(
                f"The source name « {name} » is used twice or has a colon.",
                "Give each source a name of its own.",
            )
    return [_build(source, profile_fingerprint(profile)) for source in settings.sources]


def _build(source: SourceSettings, context: str) -> Source:
    kinds: dict[str, Builder] = {"csv": _csv, **plugins.load(plugins.SOURCES)}
    if source.kind not in kinds:
        raise ConfigurationError(
            f"Source « {source.name} » has the unknown kind « {source.kind} ».", f"Use {', '.join(kinds)}."
        )
    return kinds[source.kind](source, context)


def _csv(source: SourceSettings, context: str) -> Source:
    if source.path is None:
        raise ConfigurationError(f"Source « {source.name} » has no file.", "Set its path.")
    return CsvSource(source.name, source.path, load_mapping(source.mapping), source.populations, context)
