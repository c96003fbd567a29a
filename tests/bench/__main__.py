"""``make bench``: everything on real servers, in one run. ``KCB_BENCH_TURNS`` sets the number of turns."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog
from rich.progress import track

from kc_bridge.devserver import KeycloakServer, free_port
from tests.bench import completions, steps
from tests.bench.measure import Stopwatch, report
from tests.integration.kcb_realm import KcbRealm, make_realm
from tests.support.stack import start_stack

TURNS = int(os.environ.get("KCB_BENCH_TURNS", "40"))
COMPLETE = str(Path(__file__).parents[1] / "support/profiles/complete.toml")
RESULTS = Path(".bench/results.json")


def main() -> None:
    """Starts what is measured, measures, prints, stops."""
    server = KeycloakServer(Path(".test/bench-keycloak"), free_port(), free_port())
    server.prepare()
    server.start()
    try:
        server.wait_ready()
        with tempfile.TemporaryDirectory() as folder:
            _measure(server, Path(folder))
    finally:
        server.stop()


def _measure(server: KeycloakServer, folder: Path) -> None:
    keycloak = SimpleNamespace(
        url=server.public_url, admin_user=server.admin_username, admin_password=server.admin_password
    )

    def realms(**settings: Any) -> KcbRealm:
        return make_realm(keycloak, folder, **settings)

    stack = start_stack(realms, folder)
    whole = start_stack(realms, folder / "whole", profile=COMPLETE)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    watch = Stopwatch()
    try:
        for _turn in track(steps.turns(stack, watch, TURNS), "turns", total=TURNS):
            pass
        for _turn in track(completions.turns(whole, watch, TURNS), "every step", total=TURNS):
            pass
        report(watch, [*steps.COMPARISONS, *completions.comparisons(whole)], RESULTS)
    finally:
        stack.stop()
        whole.stop()


if __name__ == "__main__":
    main()
