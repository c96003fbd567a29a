"""The JAR is built when something it is made of changed, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kc_bridge.devserver import jar


def test_built_once_until_a_source_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, theme = tmp_path / "provider", tmp_path / "theme"
    (module / "src").mkdir(parents=True)
    (module / "pom.xml").write_text("<project/>")
    (module / "src" / "A.java").write_text("class A {}")
    builds: list[Any] = []

    def build(arguments: Any, folder: Path, on_progress: Any = None) -> None:
        builds.append(arguments)
        (folder / "target" / "kc-bridge-provider.jar").write_bytes(b"jar")

    monkeypatch.setattr(jar, "ROOT", tmp_path)
    monkeypatch.setattr(jar, "MODULE", module)
    monkeypatch.setattr(jar, "THEME", theme)
    monkeypatch.setattr(jar, "run_maven", build)

    assert jar.build_jar() == module / "target" / "kc-bridge-provider.jar"
    jar.build_jar()
    assert len(builds) == 1
    theme.mkdir()
    (theme / "theme.properties").write_text("parent=keycloak.v2")
    jar.build_jar()
    (module / "src" / "A.java").rename(module / "src" / "B.java")
    jar.build_jar()
    assert len(builds) == 3
