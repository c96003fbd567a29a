"""From a new row in an export to the user in Keycloak and the mail in the outbox, by the scheduler alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import quantiles

from sqlalchemy import select

from kc_bridge.store.models import OutboxMessage, Person
from tests.bench.results import Result, Rule
from tests.bench.sync_bench import Bench
from tests.bench.sync_bridge import Bridge
from tests.bench.sync_people import SOURCE, lines

__all__ = ["by_schedule"]

TARGET = 60
"""Seconds, for 95 of 100."""
EACH_TIME = 2
"""Rows that come together."""
PATIENCE = 120


def by_schedule(bench: Bench) -> Iterator[Result]:
    """A scheduler runs in a process of its own; rows come at random moments."""
    sizes = bench.sizes
    if not sizes.dropped:
        return
    bridge = Bridge(bench.servers, bench.folder)
    base = min(sizes.created)
    bridge.export(lines(base))
    bridge.run(create=base)
    every = sizes.sync_every or bridge.settings.sync_every.total_seconds()
    bench.say(f"the scheduler runs every {every:g} s; rows come {sizes.dropped} times")
    with _scheduler(bridge, every):
        waited = list(_waits(bridge, base, sizes.dropped, every))
    assert bridge.realm is not None
    held = bridge.realm.call("GET", "users/count")
    assert held == base + len(waited), held
    bridge.close()
    p95 = quantiles(waited, n=20)[-1]
    yield Result(
        f"row → user + mail in the outbox, p95, run every {every:g} s",
        len(waited),
        p95,
        "s",
        "limit",
        TARGET,
        None,
        TARGET,
        Rule.AT_MOST,
        more={"median": sorted(waited)[len(waited) // 2], "longest": max(waited)},
    )


def _waits(bridge: Bridge, base: int, times: int, every: float) -> Iterator[float]:
    """Seconds from the file that has a row to the moment its mail was queued, which is after Keycloak has the user."""
    chance = Random(every)
    written: dict[str, float] = {}
    count = base
    for _ in range(times):
        time.sleep(chance.uniform(0.05, 0.25) * every)
        before, count = count, count + EACH_TIME
        bridge.export(lines(count))
        at = time.time()
        written |= {f"{SOURCE}:{22_000_000 + number}": at for number in range(before, count)}
    deadline = time.monotonic() + every + PATIENCE
    while len(queued := _queued(bridge, list(written))) < len(written):
        assert time.monotonic() < deadline, f"{len(written) - len(queued)} rows have no mail"
        time.sleep(0.5)
    yield from (queued[key].timestamp() - at for key, at in written.items())


def _queued(bridge: Bridge, keys: list[str]) -> dict[str, datetime]:
    query = select(Person.key, OutboxMessage.created_at).join(Person, Person.id == OutboxMessage.person_id)
    with bridge.database.connect() as connection:
        rows = connection.execute(query.where(Person.key.in_(keys), Person.keycloak_id.is_not(None)))
        return {row.key: row.created_at for row in rows}


@contextmanager
def _scheduler(bridge: Bridge, every: float) -> Iterator[None]:
    settings = bridge.settings
    config = bridge.folder / "kcb.toml"
    config.write_text(
        f'database_url = "{settings.database_url}"\n'
        f'public_url = "{settings.public_url}"\n'
        f'secret_key = "{settings.secret_key.get_secret_value()}"\n'
        f'realm = "{settings.realm}"\n'
        f'keycloak_public_url = "{settings.keycloak_public_url}"\n'
        f'keys_dir = "{settings.keys_dir}"\n'
        f'sync_every = "PT{every:g}S"\n'
        'outbox_every = "PT1H"\n'
        f'[[sources]]\nname = "{SOURCE}"\npath = "{bridge.file}"\n',
        "utf-8",
    )
    log = bridge.folder / "scheduler.log"
    with log.open("wb") as out:
        kcb = str(Path(sys.executable).with_name("kcb"))
        process = subprocess.Popen(
            [kcb, "scheduler"], env={**os.environ, "KCB_CONFIG": str(config)}, stdout=out, stderr=out
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)
