"""Plug-ins that cannot be used are named, with what to do about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kc_bridge.domain import plugins
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.checks import plug_ins
from kc_bridge.realm.doctor import examine
from kc_bridge.realm.finding import Installation
from kc_bridge.settings import Settings
from required_actions import registry
from sync.sources.base import seed
from tests.support.plug_in import installed


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for packages that a test « installs » by writing their metadata."""
    monkeypatch.syspath_prepend(tmp_path)
    plugins.forget()
    yield tmp_path
    plugins.forget()


def write(folder: Path, name: str, *entry_points: str, code: str = "") -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(entry_points))
    (folder / f"{name}.py").write_text(code)


def test_one_that_cannot_be_imported(package: Path) -> None:
    write(package, "broken", "[kc_bridge.steps]", "card = broken:Card", code="import nothing_of_the_kind")
    with pytest.raises(ConfigurationError) as error:
        registry.load_steps()
    assert "« card » of broken 1.0" in str(error.value)
    assert "nothing_of_the_kind" in str(error.value)


def test_two_packages_with_one_name(package: Path) -> None:
    write(package, "one", "[kc_bridge.sources]", "json = one:build")
    write(package, "two", "[kc_bridge.sources]", "json = two:build")
    with pytest.raises(ConfigurationError, match="Two packages bring « json »"):
        plugins.load(plugins.SOURCES)


@pytest.mark.parametrize(
    "code",
    [
        "Card = 5",
        "from required_actions.registry import Step\nclass Card(Step):\n    name = 'other'",
    ],
)
def test_what_is_no_step_of_that_name(package: Path, code: str) -> None:
    write(package, "odd", "[kc_bridge.steps]", "card = odd:Card", code=code)
    with pytest.raises(ConfigurationError, match="is not a Step of that name"):
        registry.load_steps()


def test_a_name_of_ours(package: Path) -> None:
    code = "from required_actions.registry import Step\nclass Card(Step):\n    name = 'charter'"
    write(package, "greedy", "[kc_bridge.steps]", "charter = greedy:Card", code=code)
    with pytest.raises(ConfigurationError, match="the name of one of ours"):
        registry.load_steps()


def test_a_profile_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no university profile « example »"):
        load_profile("example")
    with installed(tmp_path):
        assert load_profile("example").branding.short_name == "Univ Exemple"


def test_rows_are_judged_again_when_rules_come_or_go(tmp_path: Path) -> None:
    before = seed("a")
    with installed(tmp_path):
        assert seed("a") != before
    assert seed("a") == before


def test_the_doctor_names_what_other_packages_bring(tmp_path: Path) -> None:
    installation = Installation(Settings(), None)
    assert plug_ins(installation).detail == "none"
    with installed(tmp_path):
        said = plug_ins(installation).detail
    for words in (
        "steps: library_card",
        "sources: json-lines",
        "rules: exchange-students",
        "profiles: example",
    ):
        assert words in said


def test_the_doctor_names_the_one_that_cannot_be_loaded(package: Path) -> None:
    write(package, "broken", "[kc_bridge.rules]", "late = broken:late", code="import nothing_of_the_kind")
    found = dict(examine(Installation(Settings(keycloak_public_url="http://localhost:9"), None)))["plug-ins"]
    assert found.level == "fail"
    assert "broken 1.0" in found.detail
