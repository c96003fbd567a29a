"""Peak memory of one run, in a process of its own: ``python -m tests.bench.sync_memory <database> <file> <what>``.

``what``: ``plan`` (read and plan, nothing written), ``run`` (a whole run; Keycloak agrees to everything).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

__all__ = ["Peak", "peak"]


@dataclass(frozen=True)
class Peak:
    """What the process said at its end."""

    megabytes: float
    seconds: float
    rows: int


def peak(database_url: str, file: Path, what: str) -> Peak:
    """Runs it."""
    command = [sys.executable, "-m", "tests.bench.sync_memory", database_url, str(file), what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return Peak(**json.loads(done.stdout.splitlines()[-1]))


def _main(database_url: str, file: str, what: str) -> None:
    from kc_bridge.domain.profile import load_profile
    from kc_bridge.settings import Settings, SourceSettings
    from kc_bridge.store.database import open_engine
    from sync.engine import SyncEngine
    from sync.sources.build import build_sources
    from tests.bench.sync_people import SOURCE
    from tests.bench.sync_sink import Sink

    settings = Settings(database_url=database_url, sources=[SourceSettings(name=SOURCE, path=Path(file))])
    profile = load_profile(settings.profile)
    database: Engine = open_engine(database_url)
    engine = SyncEngine(settings, profile, database, build_sources(settings, profile), Sink)
    begun = time.perf_counter()
    if what == "plan":
        with engine.prepare() as prepared:
            rows = sum(counts["rows"] for counts in prepared.source_counts.values())
    else:
        rows = sum(counts["rows"] for counts in engine.run().sources.values())
    seconds = time.perf_counter() - begun
    print(json.dumps({"megabytes": _peak_kilobytes() / 1024, "seconds": seconds, "rows": rows}))


def _peak_kilobytes() -> int:
    """Of this program alone: ``getrusage`` begins with what the process that started it had."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    _main(*sys.argv[1:])
