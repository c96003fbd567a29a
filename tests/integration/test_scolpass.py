"""Seed 002: the sheet with which somebody no mail reaches activates an account (scenarios 13, 15, 22)."""

from __future__ import annotations

import html
import re
import stat
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from click.testing import CliRunner, Result
from sqlalchemy import select

from kc_bridge.store.models import AuditEntry, Person
from required_actions import resets
from required_actions.scolpass import commands, printing
from required_actions.scolpass.expiry import end_expired
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    SUPERSEDED,
    choose,
    handoff_claims,
    is_inside,
    keycloak_state,
    log_in,
    login_lives,
    logs_in,
    pending,
    sessions,
    to_charter,
)
from tests.support.entrances import KNOWN, active_person, close_account
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

ENDED = "Ce mot de passe provisoire n'est plus valable"
STEPS = ["kcb-charter", "kcb-new-password"]


@pytest.fixture
def kcb(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``kcb scolpass …`` as an operator runs it, at the bridge of the test, into ``tmp_path/sheets.html``."""
    monkeypatch.setattr(commands, "load", lambda: stack.realm.settings)
    monkeypatch.setattr(commands, "build", lambda _settings: stack.services)
    monkeypatch.setenv("SUDO_USER", "martine")

    def run(*words: str) -> Result:
        return CliRunner().invoke(commands.scolpass, [*words, "-o", str(tmp_path / "sheets.html")])

    return run


def passwords(folder: Path) -> dict[str, str]:
    """By login: what the sheets say."""
    text = html.unescape((folder / "sheets.html").read_text())
    return dict(re.findall(r'<dd style=[^>]*>(\S+)</dd>.*?<dd class="password">(\S+)</dd>', text, re.S))


def printed(stack: Stack, kcb: Any, folder: Path, person: Person, *more: str) -> str:
    done = kcb(person.login, "--force", *more)
    assert done.exit_code == 0, done.output
    return passwords(folder)[person.login]


def by_direct_grant(stack: Stack, person: Person, password: str) -> requests.Response:
    address = f"{stack.realm.settings.issuer}/protocol/openid-connect/token"
    grant = {"grant_type": "password", "client_id": "admin-cli", "scope": "openid"}
    return requests.post(address, data=grant | {"username": person.login, "password": password}, timeout=30)


def test_from_the_sheet_to_an_active_account(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    person, walker = stack.person(), Walker()

    password = printed(stack, kcb, tmp_path, person)

    assert by_direct_grant(stack, person, password).json()["error"] == "invalid_grant"
    page = log_in(stack, walker, person.login, password)
    assert page.title == CHARTER
    assert sessions(stack, person) == 0
    assert not is_inside(stack, walker)
    page = choose(walker, walker.send(page, accept="y"))
    assert page.title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, password), "spent by the journey"
    assert stack.reread(person).provisional_until is None


def test_it_is_nowhere_but_in_the_file(stack: Stack, kcb: Any, tmp_path: Path, caplog: Any) -> None:
    person = stack.person()
    done = kcb(person.login, "--by", "Mme Durand")
    password = passwords(tmp_path)[person.login]
    file = tmp_path / "sheets.html"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password not in done.output + caplog.text
    database = stack.services.sessions.kw["bind"].url.database
    assert password.encode() not in Path(database).read_bytes()
    assert password not in str(stack.realm.call("GET", "admin-events", params={"max": 50}))
    assert file.read_text().count(password) == 1
    assert stack.ent_url in file.read_text()
    with stack.services.sessions() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.person_id == person.id)).one()
    until = stack.reread(person).provisional_until
    assert until is not None
    assert (entry.action, entry.actor) == ("scolpass.printed", "Mme Durand (martine)")
    assert entry.details == {"until": until.isoformat()}
    paris = ZoneInfo("Europe/Paris")
    last = datetime.now(paris).date() + timedelta(days=14)
    assert until.astimezone(paris) == datetime.combine(last, time(23, 59, 59), paris)

    again = kcb(person.login)
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert stack.reread(person).provisional_until == until
    assert log_in(stack, Walker(), person.login, password).title == CHARTER, "nothing was changed"


def test_printing_again_ends_the_earlier_sheet_and_no_mailed_link(
    stack: Stack, kcb: Any, tmp_path: Path
) -> None:
    person, walker = stack.person(), Walker()
    link = stack.mail_link(person)
    first = printed(stack, kcb, tmp_path, person)
    page = log_in(stack, walker, person.login, first)
    second = printed(stack, kcb, tmp_path, person)

    assert first != second
    assert walker.send(page, accept="y").title == SUPERSEDED, "begun with the earlier sheet"
    assert not any("handoff" in step for step in _trail(stack, person, first))
    assert log_in(stack, Walker(), person.login, second).title == PASSWORD, "what was accepted stays so"
    other = Walker()
    assert other.send(other.get(link)).title == PASSWORD


def _trail(stack: Stack, person: Person, password: str) -> list[str]:
    walker = Walker()
    log_in(stack, walker, person.login, password)
    return walker.trail


def test_others_are_refused_by_name_while_the_rest_goes_on(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    good, active, closed = stack.person(), active_person(stack), stack.person()
    close_account(stack, closed, "in the register")
    cleared = stack.person(actions=["kcb-charter"])
    before = keycloak_state(stack, active)

    done = kcb(good.login, active.login, closed.login, cleared.login, "nobody@etu.univ-demo.fr")

    assert done.exit_code == 3
    assert passwords(tmp_path).keys() == {good.login}
    told = {line.split(": no sheet: ")[0]: line for line in done.output.splitlines() if "no sheet" in line}
    assert told.keys() == {active.login, closed.login, cleared.login, "nobody@etu.univ-demo.fr"}
    assert "kcb reset" in told[active.login]
    assert "ended on" in told[closed.login]
    assert keycloak_state(stack, active) == before
    assert logs_in(stack, active, KNOWN)
    assert stack.reread(cleared).provisional_until is None


def test_after_a_reset_a_sheet_opens_the_account_again(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    person = active_person(stack)
    resets.reset(stack.services, person.id, actor="martine", reason="no mailbox")
    password = printed(stack, kcb, tmp_path, person)
    walker = Walker()
    page = log_in(stack, walker, person.login, password)
    assert choose(walker, walker.send(page, accept="y")).title == FINISHED


def test_a_whole_population(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    def guest(**fields: Any) -> Person:
        person = stack.person()
        with stack.services.sessions.begin() as db:
            stored = db.get_one(Person, person.id)
            stored.population = "guest"
            for name, value in fields.items():
                setattr(stored, name, value)
        return person

    two = [guest(last_name="Zola"), guest(last_name="Arago")]
    guest(activated_at=stack.clock())
    done = kcb("--population", "guest", "--not-activated", "--valid-days", "0")
    assert done.exit_code == 0, done.output
    assert list(passwords(tmp_path)) == [two[1].login, two[0].login], "in the order of names"
    assert kcb("--population", "guest").exit_code == 2
    assert kcb().exit_code == 2


def ends_now(stack: Stack, person: Person) -> None:
    """As if the days of the sheet had passed; Keycloak's own clock cannot be moved."""
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).provisional_until = stack.clock()


def ended_by_the_job(stack: Stack, person: Person) -> int:
    end_expired(stack.services)
    with stack.services.sessions() as db:
        wanted = AuditEntry.person_id == person.id, AuditEntry.action == "scolpass.expired"
        return len(db.scalars(select(AuditEntry).where(*wanted)).all())


def test_expired_it_opens_nothing_even_before_the_job_has_run(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    person, late = stack.person(), Walker()
    password = printed(stack, kcb, tmp_path, person)
    ends_now(stack, person)

    refused = log_in(stack, late, person.login, password)

    assert (refused.status, refused.title) == (410, ENDED)
    assert not login_lives(stack, handoff_claims(late)["ticket"])
    assert [ended_by_the_job(stack, person) for _ in range(2)] == [1, 1]
    log_in(stack, Walker(), person.login, password).form("password")  # Keycloak knows it no more
    assert stack.reread(person).provisional_until is None
    assert log_in(stack, Walker(), person.login, printed(stack, kcb, tmp_path, person)).title == CHARTER


def test_expired_in_mid_journey(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    person, walker = stack.person(), Walker()
    page = log_in(stack, walker, person.login, printed(stack, kcb, tmp_path, person))
    ends_now(stack, person)
    refused = walker.send(page, accept="y")
    assert (refused.status, refused.title) == (410, ENDED)
    assert pending(stack, person) == STEPS


def test_a_mailed_link_opens_though_the_sheet_has_ended(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    person = stack.person()
    printed(stack, kcb, tmp_path, person)
    ends_now(stack, person)
    to_charter(Walker(), stack.mail_link(person))


def test_the_password_somebody_chose_meanwhile_stays(stack: Stack, kcb: Any, tmp_path: Path) -> None:
    """The job has read that the sheet has ended; its owner finishes before Keycloak is told."""
    person, walker = stack.person(), Walker()
    page = log_in(stack, walker, person.login, printed(stack, kcb, tmp_path, person))
    assert choose(walker, walker.send(page, accept="y")).title == FINISHED
    with stack.services.sessions.begin() as db:
        stored = db.get_one(Person, person.id)
        stored.activated_at, stored.provisional_until = None, stack.clock()
    assert ended_by_the_job(stack, person) == 0
    assert logs_in(stack, person, GOOD_PASSWORD)


def test_keycloak_stops_in_the_middle(
    stack: Stack, kcb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever got a password has a page; of who did not, nothing lives longer than now."""
    people = [stack.person() for _ in range(3)]
    ask = stack.services.backchannel.reset
    calls: list[str] = []

    def once(user_id: str, *args: Any, **kwargs: Any) -> None:
        calls.append(user_id)
        if len(calls) > 1:
            monkeypatch.setattr(stack.realm.settings, "keycloak_internal_url", "http://127.0.0.1:9")
        ask(user_id, *args, **kwargs)

    monkeypatch.setattr(stack.services.backchannel, "reset", once)
    done = kcb(*(person.login for person in people))
    monkeypatch.undo()

    assert done.exit_code == 3
    assert passwords(tmp_path).keys() == {people[0].login}
    assert "2 not tried" not in done.output
    assert "(1 more not tried)" in done.output
    assert (tmp_path / "sheets.html").read_text().endswith("</html>")
    until = [stack.reread(person).provisional_until for person in people]
    assert until[0] is not None
    assert until[1] is not None
    assert until[1] <= stack.clock()
    assert until[2] is None


def test_credentials_do_not_show_in_tracebacks(stack: Stack) -> None:
    person = stack.person()
    shown = printing.Credentials(person, "Tulipe-Marron-Canard-482", stack.clock())
    assert "Tulipe" not in repr(shown)
