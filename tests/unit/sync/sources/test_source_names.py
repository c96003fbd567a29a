"""A source's name begins the keys of its people: what it may be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import load_profile
from kc_bridge.settings import Settings, SourceSettings
from kc_bridge.store.erasure import ERASED
from sync.persons.merging import BRIDGE
from sync.sources.build import build_sources


def built(*names: str) -> list[str]:
    sources = [SourceSettings(name=name, path=Path("export.csv")) for name in names]
    return [source.name for source in build_sources(Settings(sources=sources), load_profile("default"))]


def test_a_source_may_be_called_by_a_word() -> None:
    assert built("apogee", "école-2026", "x" * 63) == ["apogee", "école-2026", "x" * 63]


@pytest.mark.parametrize("name", ["", "a b", "a:b", "x" * 64, "guests", BRIDGE, ERASED.rstrip(":")])
def test_names_that_would_break_or_resemble_keys_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="source name"):
        built(name)


def test_two_sources_have_two_names() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        built("apogee", "apogee")
