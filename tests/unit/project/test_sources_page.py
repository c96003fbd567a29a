"""docs/sources.md: its examples can be used as they are, and it names every option there is and no other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from kc_bridge.domain.profile import load_profile
from kc_bridge.settings import Settings, SourceSettings
from sync.sources.build import KINDS, build_sources
from sync.sources.csv_options import CsvOptions
from sync.sources.ldap import LdapOptions
from sync.sources.mapping import FIELDS, Mapping
from sync.sources.sql_options import SqlOptions

PAGE = (Path(__file__).parents[3] / "docs" / "sources.md").read_text("utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
EXAMPLES = [tomllib.loads(text) for text in re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)]
BLOCKS = [block for example in EXAMPLES for block in example.get("sources", [])]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block['kind']} {block['name']}")
def test_an_example_can_be_used(block: dict[str, Any]) -> None:
    settings = Settings(sources=[SourceSettings.model_validate(block)])
    source = build_sources(settings, load_profile("default"))[0]
    assert (source.name, source.populations) == (block["name"], frozenset(block["populations"]))


def test_every_kind_has_an_example() -> None:
    assert {block["kind"] for block in BLOCKS} == set(KINDS)


def test_the_mapping_can_be_used() -> None:
    (mapping,) = [example for example in EXAMPLES if "record_key" in example]
    assert Mapping.model_validate(mapping)


def test_every_field_of_a_record_is_named() -> None:
    fields = re.search(
        r"The fields there are: (.*?)\. Needed", SECTIONS["Which column means what: mappings"], re.S
    )
    assert fields
    assert set(re.findall(r"`(\w+)`", fields[1])) == FIELDS


@pytest.mark.parametrize(("kind", "model"), [("csv", CsvOptions), ("sql", SqlOptions), ("ldap", LdapOptions)])
def test_every_option_and_no_other(kind: str, model: type[BaseModel]) -> None:
    named = re.findall(r"^\| `(\w+)` \|", SECTIONS[kind].split("| option |")[1], re.M)
    assert sorted(named) == sorted(model.model_fields)
