"""The command line: what is printed and which code ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kc_bridge.domain.errors import ConfigurationError
from sync import commands
from sync.guard import PlanRefused
from tests.support.sync_world import World, student


@pytest.fixture
def cli(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    config = tmp_path / "kcb.toml"
    config.write_text(
        f'database_url = "{world.settings.database_url}"\n'
        '[[sources]]\nname = "apogee"\npath = "students.csv"\n'
        '[[sources]]\nname = "rh"\npath = "staff.csv"\nmapping = "staff"\npopulations = ["staff", "guest"]\n'
    )
    monkeypatch.setenv("KCB_CONFIG", str(config))
    monkeypatch.setattr(commands, "_directory", lambda _settings: world.directory)
    return CliRunner()


def test_plan_run_and_run_again(cli: CliRunner, world: World) -> None:
    world.students([student(1), student(2, birth="31/02/2006")])
    planned = cli.invoke(commands.sync, ["plan"])
    assert "2 create, 0 update, 0 disable, 0 enable, 0 nothing" in planned.output
    assert "1 row in quarantine" in planned.output
    assert world.directory.held == {}
    assert "2 created" in cli.invoke(commands.sync, ["run"]).output
    again = cli.invoke(commands.sync, ["run"])
    assert (again.exit_code, "Nothing to write" in again.output) == (0, True)
    listed = cli.invoke(commands.sync, ["quarantine"]).output
    assert (
        "students.csv line 3, column DATE_NAI_IND: « 31/02/2006 » is no date → Write it dd/mm/yyyy" in listed
    )


def test_a_plan_as_json(cli: CliRunner, world: World) -> None:
    world.students([student(1)])
    document = json.loads(cli.invoke(commands.sync, ["plan", "--json"]).stdout)
    assert document["counts"]["create"] == 2
    assert document["sources"]["apogee"] == {"rows": 1, "changed": 1, "quarantined": 0}
    assert document["refusals"] == []


def test_a_partial_run_ends_with_3(cli: CliRunner, world: World) -> None:
    world.students([student(1)])
    world.directory.down = True
    result = cli.invoke(commands.sync, ["run"])
    assert (result.exit_code, "Partial" in result.output) == (3, True)


def test_a_refused_plan_says_how_to_accept_it(cli: CliRunner, world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 31)])
    cli.invoke(commands.sync, ["run"])
    world.students([student(n, first=f"P{n}", status="A") for n in range(1, 31)])
    shown = cli.invoke(commands.sync, ["plan"]).output
    refused = cli.invoke(commands.sync, ["run"]).exception
    assert isinstance(refused, PlanRefused)
    assert f"kcb sync run --accept {refused.digest}" in str(refused)
    assert f"kcb sync run --accept {refused.digest}" in shown
    assert "30 disabled" in cli.invoke(commands.sync, ["run", "--accept", refused.digest]).output


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("", "No source"),
        ('[[sources]]\nname = "a"\n', "has no file"),
        ('[[sources]]\nname = "a:b"\npath = "x"\n', "has a colon"),
        ('[[sources]]\nname = "a"\npath = "x"\n' * 2, "used twice"),
        ('[[sources]]\nname = "a"\nkind = "punched-cards"\npath = "x"\n', "unknown kind"),
    ],
)
def test_a_source_set_up_wrongly(cli: CliRunner, tmp_path: Path, block: str, problem: str) -> None:
    (tmp_path / "kcb.toml").write_text(block)
    error = cli.invoke(commands.sync, ["plan"]).exception
    assert isinstance(error, ConfigurationError)
    assert problem in error.problem
