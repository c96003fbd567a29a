"""Writing to Keycloak: first loads and changes, beside a script's loop and Keycloak's own federation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import mean

from kc_bridge.ports import Status, Write, WriteKind
from tests.bench.results import Result, Rule
from tests.bench.sync_bench import Bench
from tests.bench.sync_bridge import Bridge
from tests.bench.sync_federation import FEDERATION, first_import
from tests.bench.sync_loop import LOOP
from tests.bench.sync_people import lines, renamed, users

__all__ = ["create", "one_percent", "update"]

WARM_UP = 400
PARALLEL = 4
RATE = "users/s"


def create(bench: Bench) -> Iterator[Result]:
    """First loads of several sizes: from the file to the last activation mail in the outbox."""
    sizes = bench.sizes
    bench.say("warming up")
    _load(bench, WARM_UP).close()
    half = max(1, sizes.loop // 2)
    ours: dict[int, float] = {}
    theirs: list[float] = []
    for position, count in enumerate(sizes.created):
        if position in (0, 1):  # the loop's turn between ours, so that a noisy minute hurts both
            bench.say(f"{LOOP}: creating {half}")
            theirs.append(bench.loop.create(users(half, first=position * half)))
        bench.say(f"first load of {count:,}")
        bridge = Bridge(bench.servers, bench.folder)
        bridge.export(lines(count))
        ours[count] = count / bridge.run(create=count)
        if bench.loaded:
            bench.loaded[0].close()
        bench.loaded = bridge, count
    loop = mean(theirs)
    yield from (_faster(f"create, whole run of {n:,}", n, rate, LOOP, loop, 6) for n, rate in ours.items())
    bench.say(f"{FEDERATION}: {sizes.federation:,}")
    realm = bench.realm("federation")
    first_import(realm, WARM_UP)
    federation = first_import(realm, sizes.federation)
    count, rate = min(ours.items(), key=lambda item: abs(item[0] - sizes.federation))
    yield _faster(f"create, whole run of {count:,}", count, rate, FEDERATION, federation, 3)
    yield from _straight(bench, count=max(1_000, sizes.updated), loop=loop, federation=federation)
    (small, quick), (large, slow) = min(ours.items()), max(ours.items())
    yield Result(
        f"slope: create, {large:,} beside {small:,}", large, slow, RATE, f"{small:,}", quick, slow / quick
    )


def update(bench: Bench) -> Iterator[Result]:
    """A usual name that changed, written into attribute and name, for some of the largest first load."""
    bridge, count = bench.largest
    changed = min(bench.sizes.updated, count)
    half = max(1, bench.sizes.loop // 2)
    before = bench.loop.update([renamed(user) for user in users(half)])
    bench.say(f"{changed:,} changes in a file of {count:,}")
    bridge.export(lines(count, changed=range(changed)))
    rate = changed / bridge.run(update=changed)
    after = bench.loop.update([renamed(user) for user in users(half, first=half)])
    yield _faster("update one attribute, whole run", changed, rate, LOOP, mean((before, after)), 10)


def one_percent(bench: Bench) -> Iterator[Result]:
    """One row in a hundred changed: costs what reading the file and writing those few cost, each alone."""
    bridge, count = bench.largest
    few = max(1, count // 100)
    bench.say(f"{few:,} changes in a file of {few:,}, then in one of {count:,}")
    small = Bridge(bench.servers, bench.folder)
    small.export(lines(few))
    small.run(create=few)
    small.export(lines(few, changed=range(few)))
    alone = small.run(update=few)
    small.close()
    first = count - few
    done = range(min(bench.sizes.updated, first))
    bridge.export(lines(count, changed=done))
    bridge.run()
    unchanged = bridge.run()
    bridge.export(lines(count, changed={*done, *range(first, count)}))
    together = bridge.run(update=few)
    against = f"no change + {few:,} changes on a base of {few:,}"
    sum_ = unchanged + alone
    yield Result(
        f"1 % changed of {count:,}", count, together, "s", against, sum_, together / sum_, 1.5, Rule.AT_MOST
    )


def _load(bench: Bench, count: int) -> Bridge:
    bridge = Bridge(bench.servers, bench.folder)
    bridge.export(lines(count))
    bridge.run(create=count)
    return bridge


def _straight(bench: Bench, *, count: int, loop: float, federation: float) -> Iterator[Result]:
    """Batches alone: no file, no plan, no journal, no outbox, as a federation has none."""
    bench.say(f"{count:,} users by batches alone")
    bridge = Bridge(bench.servers, bench.folder)
    directory = bridge.directory()
    writes = [Write(WriteKind.CREATE, user) for user in users(count)]
    batches = [writes[at : at + directory.batch] for at in range(0, count, directory.batch)]
    fence = time.time_ns() // 1_000_000
    with ThreadPoolExecutor(PARALLEL) as pool:
        begun = time.perf_counter()
        answers = [
            result for page in pool.map(lambda b: directory.write(b, fence), batches) for result in page
        ]
        took = time.perf_counter() - begun
    bridge.close()
    assert all(answer.status is Status.CREATED for answer in answers), answers[0]
    work = f"create, {PARALLEL} batches at a time alone"
    yield _faster(work, count, count / took, LOOP, loop, None)
    yield _faster(work, count, count / took, FEDERATION, federation, None)


def _faster(work: str, count: int, rate: float, against: str, other: float, target: float | None) -> Result:
    return Result(work, count, rate, RATE, against, other, rate / other, target)
