"""Sources and rules another package brings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kc_bridge.domain import plugins
from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import load_profile
from kc_bridge.settings import Settings, SourceSettings
from sync.rules.ends import limited
from sync.sources.base import Place
from sync.sources.build import build_sources
from tests.support.plug_in import installed
from tests.support.reading import read_all

ENROLMENT = {
    "key": "22600001",
    "record_key": "22600001:2026:EXC3",
    "population": "student",
    "first_name": "Zoé",
    "birth_name": "Lefèvre",
    "year": "2026",
    "programme": "EXC3",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("plug-in")):
        yield


def settings(**source: object) -> Settings:
    return Settings(secret_key="k" * 40, sources=[SourceSettings(name="exchange", **source)])


def test_a_source_of_another_package(package: None, tmp_path: Path) -> None:
    export = tmp_path / "exchange.jsonl"
    export.write_text(
        f"{json.dumps(ENROLMENT)}\nnot json\n{json.dumps(ENROLMENT | {'year': 'soon'})}\n", "utf-8"
    )
    (source,) = build_sources(settings(kind="json-lines", path=export), load_profile("default"))
    found = read_all(source)
    record = found.records[Place("exchange.jsonl", 1)]
    assert (record.first_name, record.year, record.programme) == ("Zoé", 2026, "EXC3")
    assert [(r.place.line, r.column) for r in found.rejected] == [(2, None), (3, "year")]


def test_an_unknown_kind_names_those_there_are(package: None) -> None:
    with pytest.raises(ConfigurationError, match="csv, sql, ldap, json-lines"):
        build_sources(settings(kind="ldapp"), load_profile("default"))


@pytest.mark.parametrize(
    ("programme", "end", "expected"),
    [
        ("EXC3", date(2027, 12, 31), date(2027, 7, 31)),
        ("L3INF", date(2027, 12, 31), date(2027, 12, 31)),
        ("EXC3", date(2027, 2, 1), date(2027, 2, 1)),
        ("EXC3", None, date(2027, 7, 31)),
        ("L3INF", None, None),
    ],
)
def test_a_rule_of_another_package_only_ever_shortens(
    package: None, programme: str, end: date | None, expected: date | None
) -> None:
    enrolment = Affiliation("apogee", "1", "student", end=end, year=2026, programme=programme)
    assert limited(enrolment, plugins.load(plugins.RULES).values()).end == expected
