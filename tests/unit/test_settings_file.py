"""Paths in the settings file start where the file is, wherever the process was started."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_bridge import settings


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "etc" / "kcb.toml"
    file.parent.mkdir()
    file.write_text(
        """
keys_dir = "keys"
profile = "ours.toml"
breached_passwords = "lists/stolen.txt"
sources = [
  { name = "a", path = "a.csv", mapping = "mine.toml", options = { url_file = "a.url", url = "x" } },
  { name = "b", path = "/srv/b.csv", mapping = "pegase" },
  { name = "c" },
]
"""
    )
    monkeypatch.setenv("KCB_CONFIG", str(file))
    monkeypatch.chdir(tmp_path)
    loaded = settings.load()
    assert loaded.keys_dir == file.parent / "keys"
    assert loaded.profile == str(file.parent / "ours.toml")
    assert loaded.breached_passwords == file.parent / "lists" / "stolen.txt"
    assert [source.path for source in loaded.sources] == [file.parent / "a.csv", Path("/srv/b.csv"), None]
    assert [source.mapping for source in loaded.sources] == [
        str(file.parent / "mine.toml"),
        "pegase",
        "apogee",
    ]
    assert loaded.sources[0].options == {"url_file": str(file.parent / "a.url"), "url": "x"}


def test_no_list_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "none.toml"))
    assert settings.load().breached_passwords is None


def test_a_shipped_profile_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "none.toml"))
    assert settings.load(profile="um").profile == "um"
    assert settings.load(profile="/srv/ours.toml").profile == "/srv/ours.toml"
