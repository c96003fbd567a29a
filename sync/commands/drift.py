"""``kcb sync drift``: what Keycloak holds otherwise than the sync has told it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kc_bridge.adapters.directories import open_directory
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.operator import operator
from kc_bridge.settings import load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from sync.drift.check import check, repair
from sync.drift.differences import Difference, Found, repairable
from sync.report import BarProgress

__all__ = ["drift"]

DIFFERS = 4
SHOWN = 50
MEANS = {
    Found.MISSING: "no such user in Keycloak",
    Found.UNKNOWN: "our mark, but nobody we know",
    Found.OPENED: "closed by the rules, open in Keycloak",
    Found.CLOSED: "open by the rules, closed in Keycloak",
    Found.CHANGED: "changed by hand",
    Found.UNTOLD: "not what was written last",
}


@click.command()
@click.option(
    "--repair", "repairing", is_flag=True, help="Have the next run write what the profile's [drift] wants."
)
@click.option("--json", "as_json", is_flag=True, help="For scripts; names people.")
def drift(repairing: bool, as_json: bool) -> None:
    """Compare Keycloak with what it was told; change nothing there.

    Exit code 4: some users differ and are not to be repaired by the next run.
    """
    settings = load()
    profile = load_profile(settings.profile)
    database = open_engine(settings.database_url)
    check_schema(database)
    sessions = session_factory(database)
    now = system_clock()
    with BarProgress(Console(stderr=True)) as progress:
        done = progress.stage("Comparing")
        today = local_date(now, settings.timezone)
        found = check(sessions, open_directory(settings), profile, today, done)
    owed = repair(sessions, found, profile, now, operator(None)) if repairing else 0
    if as_json:
        click.echo(json.dumps(_document(found, profile, owed), ensure_ascii=False, indent=2))
    else:
        _show(Console(), found, profile, owed if repairing else None)
    if len(found) > owed:
        sys.exit(DIFFERS)


def _document(found: Sequence[Difference], profile: UniversityProfile, owed: int) -> dict[str, Any]:
    return {
        "counts": {kind.value: sum(d.found is kind for d in found) for kind in Found},
        "owed": owed,
        "users": [
            {
                "found": d.found.value,
                "login": d.login,
                "id": d.user_id,
                "repairable": repairable(d, profile.drift),
                "attributes": {name: {"ours": ours, "theirs": theirs} for name, ours, theirs in d.attributes},
            }
            for d in found
        ],
    }


def _show(
    console: Console, found: Sequence[Difference], profile: UniversityProfile, owed: int | None
) -> None:
    if not found:
        console.print("Keycloak holds every user as it was told.")
        return
    table = Table("user", "found", "ours → theirs", "repair")
    for d in found[:SHOWN]:
        values = "; ".join(f"{name}: {ours} → {theirs}" for name, ours, theirs in d.attributes)
        table.add_row(
            escape(d.login), MEANS[d.found], escape(values), "yes" if repairable(d, profile.drift) else ""
        )
    console.print(table)
    if len(found) > SHOWN:
        console.print(f"… and {len(found) - SHOWN} more (--json lists them all)")
    console.print(
        ", ".join(f"{count} {kind.value}" for kind, count in sorted(Counter(d.found for d in found).items()))
    )
    count = sum(repairable(d, profile.drift) for d in found)
    if owed is not None:
        console.print(f"{owed} will be written by the next run (kcb sync plan shows it).")
    elif count:
        console.print(f"{count} can be repaired: kcb sync drift --repair")
