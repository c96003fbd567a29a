"""The stock Keycloak server, fetched once per version by its Maven coordinates."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from filelock import FileLock

from kc_bridge.devserver.maven import Progress, run_maven

__all__ = ["KEYCLOAK_VERSION", "cache_folder", "fetch_distribution"]

KEYCLOAK_VERSION = "26.7.5"
"""Newest patched server; everything below 26.7.2 is refused by ``kcb doctor`` (CVE-2026-18963)."""


def cache_folder() -> Path:
    """Where downloads shared by all checkouts live."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kc-bridge"


def fetch_distribution(version: str = KEYCLOAK_VERSION, on_progress: Progress | None = None) -> Path:
    """The unpacked, untouched server; downloaded (about 170 MB) at the first call. Raises ``MavenFailed``."""
    cache = cache_folder()
    target = cache / f"keycloak-{version}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"keycloak-{version}.lock"):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                _unpack(_download(version, Path(scratch), on_progress), Path(scratch)).rename(target)
    return target


def _download(version: str, folder: Path, on_progress: Progress | None) -> Path:
    artifact = f"org.keycloak:keycloak-quarkus-dist:{version}:zip"
    run_maven(
        [
            "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
            f"-Dartifact={artifact}",
            f"-DoutputDirectory={folder}",
        ],
        folder,
        on_progress,
    )
    return folder / f"keycloak-quarkus-dist-{version}.zip"


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpacks with the permissions of the archive, which ``zipfile`` forgets."""
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(folder)
        for item in zipped.infolist():
            mode = item.external_attr >> 16 & 0o777
            if mode and not item.is_dir():
                (folder / item.filename).chmod(mode)
    archive.unlink()
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    shutil.rmtree(unpacked / "data", ignore_errors=True)
    return unpacked
