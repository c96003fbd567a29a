"""``kcb guest``: what is printed, for people and for scripts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kc_bridge.cli import cli
from sync.guests import GuestRefused
from tests.support.sync_world import World, student

# The command knows no clock but the real one.
UNTIL = date.today() + timedelta(days=60)


@pytest.fixture
def kcb(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "kcb.toml").write_text(f'database_url = "{world.settings.database_url}"\n')
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "kcb.toml"))
    world.students([student(1)])
    world.run()

    def call(*words: str) -> Result:
        return CliRunner().invoke(cli, ["guest", *words], catch_exceptions=True)

    return call


def add(kcb: Any, until: str, *more: str) -> Result:
    name = ("--first-name", "Grace", "--last-name", "Hopper", "--mail", "grace@invitee.example")
    result: Result = kcb(
        "add", *name, "--sponsor", "paul.bernard", "--until", until, "--reason", "Séminaire", *more
    )
    return result


def test_added_listed_renewed_ended(kcb: Any) -> None:
    added = add(kcb, f"{UNTIL:%d/%m/%Y}")
    assert added.exit_code == 0, added.output
    number = added.output.split()[0]
    assert f"Grace Hopper: added, last day {UNTIL:%d/%m/%Y}" in added.output

    (listed,) = json.loads(kcb("list", "--json").output)
    assert listed == {
        "number": number,
        "first_name": "Grace",
        "last_name": "Hopper",
        "sponsor": "Paul Bernard",
        "reason": "Séminaire",
        "start": listed["start"],
        "last_day": UNTIL.isoformat(),
        "open": True,
        "warning": None,
    }
    later = UNTIL + timedelta(days=30)
    renewed = kcb("renew", number, "--until", later.isoformat(), "--reason", "Suite", "--json")
    assert json.loads(renewed.output)["last_day"] == later.isoformat()
    assert kcb("end", number, "--reason", "Parti").exit_code == 0
    assert json.loads(kcb("list", "--json").output) == []
    (over,) = json.loads(kcb("list", "--all", "--json").output)
    assert (over["number"], over["open"]) == (number, False)


def test_what_is_wrong_is_told_with_its_remedy(kcb: Any) -> None:
    assert add(kcb, "tomorrow").exit_code == 2
    refused = kcb("renew", "G1", "--until", UNTIL.isoformat(), "--reason", "x")
    assert isinstance(refused.exception, GuestRefused)
    assert "kcb guest list" in str(refused.exception)
    assert kcb("add", "--first-name", "Grace").exit_code == 2, "no guest without a sponsor and an end"


def test_the_list_fits_a_terminal_and_says_when_there_is_nobody(
    kcb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert kcb("list").output.startswith("No guest.")
    added = add(kcb, UNTIL.isoformat())
    listed = kcb("list").output
    assert added.output.split()[0] in listed
    assert "…" not in listed
    assert max(map(len, listed.splitlines())) <= 80
