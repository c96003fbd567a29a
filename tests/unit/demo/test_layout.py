from pathlib import Path

import pytest

from kc_bridge.demo.layout import Layout, Ports
from kc_bridge.settings import load


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(Ports.starting_at(18000), tmp_path / ".demo", "s3cret")


def test_the_settings_file_is_valid_and_sends_people_to_the_application(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kcb.toml"
    file.write_text(layout.settings_toml("k" * 43))
    monkeypatch.setenv("KCB_CONFIG", str(file))
    settings = load()
    assert settings.public_url == "http://localhost:18001"
    assert settings.issuer == layout.issuer == "http://localhost:18000/realms/univ-demo"
    assert settings.smtp.port == 18004
    assert settings.default_application is not None
    assert settings.applications[settings.default_application].login_url == "http://localhost:18002/connexion"
    assert {source.path for source in settings.sources} == {tmp_path / "people.csv", tmp_path / "staff.csv"}


def test_ports_in_a_row_never_collide() -> None:
    assert sorted(Ports.starting_at(18000).named().values()) == list(range(18000, 18006))
    assert len(set(Ports().named().values())) == 6


def test_the_table_and_the_json_name_the_same_addresses(layout: Layout) -> None:
    table, urls = layout.table(), layout.urls()
    for part in ("ent", "mails", "bridge"):
        assert str(urls[part]) in table
    assert all(line in table for line in layout.try_this())
