"""The command line: what is printed and which code ends it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.store import models
from kc_bridge.store.sync import Forecast, SyncRun
from sync import commands
from sync.guard import PlanRefused
from sync.turns.lock import AlreadyRunning, myself, single_run
from tests.support.sync_world import World, staff, student


@pytest.fixture
def cli(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    config = tmp_path / "kcb.toml"
    config.write_text(
        f'database_url = "{world.settings.database_url}"\n'
        '[[sources]]\nname = "apogee"\npath = "students.csv"\n'
        '[[sources]]\nname = "rh"\npath = "staff.csv"\nmapping = "staff"\npopulations = ["staff", "guest"]\n'
    )
    monkeypatch.setenv("KCB_CONFIG", str(config))
    monkeypatch.setattr("sync.commands.runs.open_directory", lambda _settings: world.directory)
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("getpass.getuser", lambda: "martine")
    return CliRunner(env={"COLUMNS": "200"})


def everybody(world: World, status: str = "E") -> None:
    world.students([student(n, first=f"P{n}", status=status) for n in range(1, 31)])


def refused(cli: CliRunner, *more: str) -> PlanRefused:
    error = cli.invoke(commands.sync, ["run", *more]).exception
    assert isinstance(error, PlanRefused)
    return error


def test_plan_run_and_run_again(cli: CliRunner, world: World) -> None:
    world.students([student(1), student(2, birth="31/02/2006")])
    planned = cli.invoke(commands.sync, ["plan"])
    assert "2 create, 0 update, 0 disable, 0 enable, 0 purge, 0 nothing" in planned.output
    assert "apogee: 2 rows, 1 new or changed" in planned.output
    assert "1 row in quarantine" in planned.output
    assert world.directory.open == {}
    assert "2 created" in cli.invoke(commands.sync, ["run"]).output
    again = cli.invoke(commands.sync, ["run"])
    assert (again.exit_code, "Nothing to write" in again.output) == (0, True)
    listed = cli.invoke(commands.sync, ["quarantine"]).output
    assert (
        "students.csv line 3, column DATE_NAI_IND: « 31/02/2006 » is no date → Write it dd/mm/yyyy" in listed
    )


def test_a_plan_as_json_and_csv(cli: CliRunner, world: World) -> None:
    world.students([student(1)])
    document = json.loads(cli.invoke(commands.sync, ["plan", "--json"]).stdout)
    assert document["counts"]["create"] == 2
    assert document["sources"]["apogee"] == {"rows": 1, "changed": 1, "quarantined": 0}
    assert document["refusals"] == []
    assert [action["who"] for action in document["actions"]] == [
        "marie.martin@etu.univ-demo.fr",
        "paul.bernard@univ-demo.fr",
    ]
    lines = cli.invoke(commands.sync, ["plan", "--csv", "--limit", "1"]).stdout.splitlines()
    assert lines[0] == '"action","who","key","cause","why","what","before","after"'
    assert {line.split(",")[2] for line in lines[1:]} == {'"apogee:1"'}


def test_a_long_plan_says_how_to_see_the_rest(cli: CliRunner, world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 61)])
    shown = cli.invoke(commands.sync, ["plan"]).output
    assert "… and 11 more: --limit 0 shows all" in shown
    assert shown.index("61 create") < shown.index("martin")  # the summary first
    everything = cli.invoke(commands.sync, ["plan", "--limit", "0"]).output
    assert everything.count("@etu.univ-demo.fr") >= 60
    assert "more:" not in everything
    assert "martin" not in cli.invoke(commands.sync, ["plan", "--only", "disable"]).output


def test_a_plan_of_another_day_writes_nothing(cli: CliRunner, world: World) -> None:
    world.students([student(1)])
    cli.invoke(commands.sync, ["run"])
    before = world.count(models.AuditEntry), world.count(SyncRun), world.count(Forecast)
    closing = cli.invoke(commands.sync, ["plan", "--as-of", "2028-01-01"]).output
    assert "as of 2028-01-01" in closing
    assert "1 disable" in closing
    assert "0 disable" in cli.invoke(commands.sync, ["plan", "--as-of", "2027-12-31"]).output
    assert before == (world.count(models.AuditEntry), world.count(SyncRun), world.count(Forecast))
    assert cli.invoke(commands.sync, ["plan", "--as-of", "1/1/2028"]).exit_code == 2


def test_a_partial_run_ends_with_3(cli: CliRunner, world: World) -> None:
    world.students([student(1)])
    world.directory.down = True
    result = cli.invoke(commands.sync, ["run"])
    assert (result.exit_code, "Partial" in result.output) == (3, True)


def test_a_refused_plan_is_shown_approved_and_applied(cli: CliRunner, world: World) -> None:
    everybody(world)
    cli.invoke(commands.sync, ["run"])
    everybody(world, "A")
    shown = cli.invoke(commands.sync, ["plan"]).output
    digest = refused(cli).digest
    status = cli.invoke(commands.sync, ["status"]).output
    for output in (shown, status):
        assert f"kcb sync approve {digest} --reason" in output.replace("\n", "")
    assert "close 30 of 31" in status
    with single_run(world.database):  # the scheduler's next try
        running = cli.invoke(commands.sync, ["status"]).output
        assert "Running: " in running
        assert f"kcb sync approve {digest}" in running

    assert cli.invoke(commands.sync, ["approve", digest]).exit_code == 2  # no reason
    assert cli.invoke(commands.sync, ["approve", "--reason", "r"]).exit_code == 2
    said = cli.invoke(
        commands.sync, ["approve", digest[:10], "--reason", "closed campus", "--as", "M. Roy"]
    ).output
    assert "Approved by M. Roy (martine)" in said
    waits = cli.invoke(commands.sync, ["status"]).output
    assert "by M. Roy (martine): closed campus" in waits
    assert "30 disabled" in cli.invoke(commands.sync, ["run"]).output
    assert "closed campus" not in cli.invoke(commands.sync, ["status"]).output


def test_approve_and_run_in_one(cli: CliRunner, world: World) -> None:
    everybody(world)
    cli.invoke(commands.sync, ["run"])
    everybody(world, "A")
    digest = refused(cli).digest
    refused(cli, "--accept", "0" * 64)
    assert "30 disabled" in cli.invoke(commands.sync, ["run", "--accept", digest]).output
    with world.sessions() as session:
        entries = session.scalars(
            select(models.AuditEntry).where(models.AuditEntry.action == "sync.approved_plan_applied")
        ).all()
    assert [(entry.actor, entry.details["digest"]) for entry in entries] == [("martine", digest)]


def test_the_closings_of_a_day(cli: CliRunner, world: World) -> None:
    """By the command's own clock: three days are too few for a forecast."""
    day = date.today() + timedelta(days=3)
    world.students([student(1)])
    world.staff(
        [
            staff(f"P{n}", first=f"P{chr(96 + n)}", end=f"{day - timedelta(days=1):%d/%m/%Y}")
            for n in range(1, 26)
        ]
    )
    cli.invoke(commands.sync, ["run"])
    shown = cli.invoke(commands.sync, ["forecast"]).output
    assert f"{day.isoformat()}" in shown
    assert f"needs: kcb sync approve --closings-of {day.isoformat()}" in shown
    assert "█" in shown
    entry = json.loads(cli.invoke(commands.sync, ["forecast", "--json"]).output)["days"][0]
    assert (entry["day"], entry["closings"], entry["approved"]) == (day.isoformat(), 25, False)
    said = cli.invoke(commands.sync, ["approve", "--closings-of", day.isoformat(), "--reason", "as planned"])
    assert f"what the calendar closes on {day.isoformat()} (25 as of now)" in said.output
    assert "approved" in cli.invoke(commands.sync, ["forecast"]).output
    assert f"closings of {day.isoformat()}" in cli.invoke(commands.sync, ["status"]).output


def test_a_status_for_scripts(cli: CliRunner, world: World) -> None:
    assert "No run yet" in cli.invoke(commands.sync, ["status"]).output
    everybody(world)
    cli.invoke(commands.sync, ["run"])
    (run,) = json.loads(cli.invoke(commands.sync, ["status", "--json"]).output)["runs"]
    assert (run["status"], run["counts"]["done"], run["holder"]) == ("ok", {"create": 31}, myself())
    with single_run(world.database):
        busy = cli.invoke(commands.sync, ["run"]).exception
        assert isinstance(busy, AlreadyRunning)
        assert busy.holder == myself()
        assert f"Running: {myself()}" in cli.invoke(commands.sync, ["status"]).output


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("", "No source"),
        ('[[sources]]\nname = "a"\n', "has no file"),
        ('[[sources]]\nname = "a:b"\npath = "x"\n', "a colon"),
        ('[[sources]]\nname = "a"\npath = "x"\n' * 2, "used twice"),
        ('[[sources]]\nname = "a"\nkind = "punched-cards"\npath = "x"\n', "unknown kind"),
    ],
)
def test_a_source_set_up_wrongly(cli: CliRunner, tmp_path: Path, block: str, problem: str) -> None:
    (tmp_path / "kcb.toml").write_text(block)
    error = cli.invoke(commands.sync, ["plan"]).exception
    assert isinstance(error, ConfigurationError)
    assert problem in error.problem
