"""``kcb sync check``: what a source holds, for whoever writes a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kc_bridge.domain.errors import ConfigurationError
from sync import commands
from tests.support.exports import STAFF, STUDENTS, staff, student


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kcb.toml").write_text(
        f'database_url = "sqlite:///{tmp_path / "none.db"}"\n'
        '[[sources]]\nname = "apogee"\npath = "students.csv"\n'
        '[[sources]]\nname = "rh"\npath = "staff.csv"\nmapping = "staff"\npopulations = ["staff", "guest"]\n'
    )
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "kcb.toml"))
    (tmp_path / "students.csv").write_text(f"{STUDENTS}\n{student(1)}\n", "utf-8")
    (tmp_path / "staff.csv").write_text(f"{STAFF}\n{staff()}\n", "utf-8")
    return tmp_path


def run(*names: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(commands.sync, ["check", *names])


def test_what_the_sources_hold(folder: Path) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert "apogee: 1 rows, 1 usable" in done.output
    assert "rh: 1 rows, 1 usable" in done.output
    assert (
        "Never filled: end, login, mail, reason, status_on, uid, usual_first_name, usual_name" in done.output
    )
    assert not (folder / "none.db").exists()


def test_each_problem_once_with_its_first_place(folder: Path) -> None:
    rows = [
        student(n, birth="31/02/2006" if n > 3 else "14/05/2007", mail="x" if n == 9 else None)
        for n in range(1, 11)
    ]
    (folder / "students.csv").write_text("\n".join([STUDENTS, *rows]), "utf-8")
    done = run("apogee")
    assert done.exit_code == 1
    assert "apogee: 10 rows, 3 usable" in done.output
    assert "7 × DATE_NAI_IND, first in students.csv line 5: « 31/02/2006 » is no date" in done.output
    assert "1 × MAIL_PERSO, first in students.csv line 10" in done.output
    assert "rh:" not in done.output


def test_what_a_cell_holds_is_no_markup(folder: Path) -> None:
    (folder / "students.csv").write_text(f"{STUDENTS}\n{student(birth='[red]x[/red]')}\n", "utf-8")
    assert "« [red]x[/red] » is no date" in run("apogee").output


def test_an_unknown_source_is_named(folder: Path) -> None:
    error = run("apogée").exception
    assert isinstance(error, ConfigurationError)
    assert "apogée" in str(error)
    assert "apogee, rh" in str(error)
