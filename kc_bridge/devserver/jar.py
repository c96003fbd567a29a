"""Builds the provider JAR, when its sources or the theme have changed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from kc_bridge.devserver.maven import Progress, run_maven

__all__ = ["build_jar"]

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "required_actions" / "provider"
THEME = ROOT / "theme" / "kc-bridge"


def build_jar(on_progress: Progress | None = None) -> Path:
    """The JAR, theme inside; about five seconds when something changed. Raises ``MavenFailed``."""
    target = MODULE / "target"
    jar, stamp = target / "kc-bridge-provider.jar", target / "sources.sha256"
    target.mkdir(exist_ok=True)
    with FileLock(target / "build.lock"):
        digest = _digest()
        if not (jar.exists() and stamp.exists() and stamp.read_text() == digest):
            # Maven copies resources but never removes those that are gone.
            shutil.rmtree(target / "classes", ignore_errors=True)
            run_maven(["-q", "package"], MODULE, on_progress)
            stamp.write_text(digest)
    return jar


def _digest() -> str:
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    yield MODULE / "pom.xml"
    for folder in (MODULE / "src", THEME):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())
