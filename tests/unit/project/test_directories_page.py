"""docs/directories.md: the settings it shows are accepted, and what it says is written is what can be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kc_bridge.channels.settings import WRITTEN_BACK, LdapWriteback
from kc_bridge.settings import Settings, SourceSettings
from sync.sources.ldap import build

PAGE = (Path(__file__).parents[3] / "docs" / "directories.md").read_text("utf-8")
SOURCE, WRITEBACK = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_source_shown() -> None:
    (shown,) = tomllib.loads(SOURCE)["sources"]
    assert build(SourceSettings.model_validate(shown), "").populations == {"student", "staff", "guest"}


def test_the_writeback_shown() -> None:
    shown = LdapWriteback.model_validate(tomllib.loads(WRITEBACK)["ldap_writeback"])
    assert Settings(ldap_writeback=shown).ldap_writeback == shown
    usual = LdapWriteback(url=shown.url, base=shown.base)
    assert (shown.filter, shown.consents) == (usual.filter, usual.consents)


def test_every_attribute_written_has_its_row() -> None:
    written = PAGE.partition("## Writing back")[2]
    assert tuple(re.findall(r"^\| `([A-Za-z]+)` \|", written, re.MULTILINE)) == WRITTEN_BACK
