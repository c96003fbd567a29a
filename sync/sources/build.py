"""From the settings to sources."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module

from kc_bridge.domain import plugins
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.settings import Settings, SourceSettings
from sync.people.desired import profile_fingerprint
from sync.sources.base import Source
from sync.sources.guests import NAME as GUESTS

__all__ = ["KINDS", "Builder", "build_sources"]

Builder = Callable[[SourceSettings, str], Source]
"""Makes a source of one kind (entry points ``kc_bridge.sources``) from its settings and a text that must be part of every
row's hash: :func:`sync.sources.base.seed`. Raises :class:`ConfigurationError` for settings it cannot use."""

NAME = re.compile(r"[^\s:]{1,63}")
"""With a colon and the longest number it makes a key the database keeps."""
TAKEN = {"kc-bridge", "purged"}
"""The source of what is left of somebody merged away (:mod:`sync.persons.merging`), and what keys of people erased begin with."""
KINDS = {
    "csv": "sync.sources.csv",
    "sql": "sync.sources.sql",
    "ldap": "sync.sources.ldap",
}
"""Our own kinds: the module whose ``build`` is the :data:`Builder`, imported when it is used."""


def build_sources(settings: Settings, profile: UniversityProfile) -> list[Source]:
    """Every source of the settings; :class:`ConfigurationError` says which one is set up wrongly."""
    if not settings.sources:
        raise ConfigurationError("No source of enrolments is set.", "Add a [[sources]] block to kcb.toml.")
    names = [source.name for source in settings.sources]
    if GUESTS in names:
        raise ConfigurationError(
            f"The source name « {GUESTS} » is that of the guests kept here (kcb guest).",
            "Choose another name.",
        )
    for name in names:
        if names.count(name) > 1 or name in TAKEN or not NAME.fullmatch(name):
            raise ConfigurationError(
                f"The source name « {name} » is used twice, has a space, a colon or more than 63 characters, or means"
                " something else.",
                "Give each source a name of its own, like apogee.",
            )
    return [_builder(source)(source, profile_fingerprint(profile)) for source in settings.sources]


def _builder(source: SourceSettings) -> Builder:
    if source.kind in KINDS:
        build: Builder = import_module(KINDS[source.kind]).build
        return build
    others = plugins.load(plugins.SOURCES)
    if source.kind not in others:
        raise ConfigurationError(
            f"Source « {source.name} » has the unknown kind « {source.kind} ».",
            f"Use {', '.join([*KINDS, *others])}.",
        )
    plug_in: Builder = others[source.kind]
    return plug_in
