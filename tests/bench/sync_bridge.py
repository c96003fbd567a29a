"""One bridge of the bench: a database on PostgreSQL, one source file, and a realm where Keycloak is measured too."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from kc_bridge.adapters.directories import open_directory
from kc_bridge.domain.profile import load_profile
from kc_bridge.ports import Directory
from kc_bridge.settings import Settings, SourceSettings
from kc_bridge.store.database import open_engine, upgrade
from sync.engine import Report, SyncEngine
from sync.sources.build import build_sources
from tests.bench.servers import Servers
from tests.bench.sync_people import SOURCE, write
from tests.integration.kcb_realm import KcbRealm, make_realm

__all__ = ["Bridge"]


class Bridge:
    """Runs the sync as the command line does, and says how long it took."""

    def __init__(self, servers: Servers, folder: Path, *, realm: bool = True) -> None:
        name = f"bench_{secrets.token_hex(4)}"
        self.folder = folder / name
        self.folder.mkdir()
        self.file = self.folder / "inscriptions.csv"
        values = {
            "database_url": servers.postgres.database(name),
            "sources": [SourceSettings(name=SOURCE, path=self.file)],
        }
        self.realm: KcbRealm | None = None
        if realm:
            self.realm = make_realm(servers.keycloak, self.folder, **values)
            self.settings = self.realm.settings
        else:
            self.settings = Settings(**values)
            database = open_engine(self.settings.database_url)
            upgrade(database)
            database.dispose()
        self.database = open_engine(self.settings.database_url)

    def export(self, rows: Iterable[str]) -> None:
        """Another export of the register."""
        write(self.file, rows)

    def directory(self) -> Directory:
        """What the command line writes through."""
        return open_directory(self.settings)

    def engine(self, directory: Callable[[], Directory] | None = None) -> SyncEngine:
        """That of the command line, or one that writes elsewhere."""
        profile = load_profile(self.settings.profile)
        sources = build_sources(self.settings, profile)
        return SyncEngine(self.settings, profile, self.database, sources, directory or self.directory)

    def run(self, directory: Callable[[], Directory] | None = None, **expected: int) -> float:
        """Seconds of a whole run, from the file to the last mail in the outbox; what it did must be as ``expected``."""
        engine = self.engine(directory)
        begun = time.perf_counter()
        report = engine.run()
        took = time.perf_counter() - begun
        _check(report, expected)
        return took

    def close(self) -> None:
        self.database.dispose()


def _check(report: Report, expected: dict[str, int]) -> None:
    planned = {kind: count for kind, count in report.plan.counts.items() if count}
    assert report.status == "ok", report.counts()
    assert planned == expected, planned
