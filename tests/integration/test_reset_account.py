"""Seed 003: « Vous devrez ensuite le valider à nouveau. Aucune information ne sera perdue. » (scenarios 6, 13, 36)"""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from kc_bridge.domain.errors import AccountClosed, KeycloakUnavailable
from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import AuditEntry, OutboxMessage, Person
from required_actions import commands, resets
from tests.support.activation import (
    SUPERSEDED,
    activate,
    is_inside,
    log_in,
    logs_in,
    pending,
    sessions,
    to_charter,
)
from tests.support.entrances import active_person, close_account
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

AGAIN = "Automne-2027-à-Cassis!"
CHOICES = {
    "mailForwardingAddress": ["ailleurs@courriel.example"],
    "supannMailPrive": ["{SECOURS}c@perso.example"],
}


@pytest.fixture
def kcb(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``kcb reset …`` as an operator runs it, at the bridge of the test."""
    monkeypatch.setattr(commands, "load", lambda: stack.realm.settings)
    monkeypatch.setattr(commands, "build", lambda _settings: stack.services)
    monkeypatch.setenv("SUDO_USER", "martine")

    def run(*words: str, answer: str = "") -> Result:
        return CliRunner().invoke(commands.reset, words, input=answer)

    return run


def mailed_link(stack: Stack, person: Person) -> str:
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mail = next(stack.mails.newest_first(person.personal_mail or ""))
    assert "Validez à nouveau votre compte" in mail.subject
    return next(link for link in mail.links if "/l/" in link)


def audited(stack: Stack, person: Person) -> list[tuple[str, str, dict[str, Any]]]:
    with stack.services.sessions() as db:
        rows = db.scalars(select(AuditEntry).where(AuditEntry.person_id == person.id).order_by(AuditEntry.id))
        return [
            (row.action, row.actor, row.details) for row in rows if row.action.startswith("account.reset")
        ]


def with_choices(stack: Stack) -> tuple[Person, Walker]:
    """Somebody who has activated the account, chosen things, and is logged in."""
    person, walker = stack.person(), Walker()
    activate(stack, walker, stack.mail_link(person))
    user = stack.user(person)
    stack.realm.call(
        "PUT", f"users/{person.keycloak_id}", user | {"attributes": user["attributes"] | CHOICES}
    )
    assert is_inside(stack, walker)
    return stack.reread(person), walker


def test_validated_again_with_nothing_lost(stack: Stack, kcb: Any) -> None:
    person, walker = with_choices(stack)
    before = stack.user(person)

    done = kcb(person.login.upper().partition("@")[0], "--reason", "ticket 4711", answer="y\n")

    assert done.exit_code == 0, done.output
    assert "Camille O'Connor" in done.output
    assert "link to validate it again leaves for" in done.output
    assert person.personal_mail not in done.output
    assert sessions(stack, person) == 0
    assert not is_inside(stack, walker)
    assert not logs_in(stack, person, GOOD_PASSWORD)
    assert pending(stack, person) == ["kcb-charter", "kcb-new-password"]
    reset = stack.reread(person)
    assert (reset.activated_at, reset.state, reset.digest) == (None, "SupannCree", None)
    assert reset.reset_at is not None, "numbers and a birth date do not open it"
    assert audited(stack, person) == [
        ("account.reset_asked", "martine", {"reason": "ticket 4711"}),
        ("account.reset", "martine", {"reason": "ticket 4711"}),
    ]

    activate(stack, Walker(), mailed_link(stack, person), AGAIN)

    after, again = stack.user(person), stack.reread(person)
    assert logs_in(stack, person, AGAIN)
    kept = ("id", "username", "email", "firstName", "lastName", "enabled")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    charter = after["attributes"].pop("kcbCharter")
    assert len(charter) == len(before["attributes"].pop("kcbCharter"))
    assert after["attributes"] == before["attributes"]
    for name in ("uid", "login", "mail", "personal_mail", "keycloak_id", "population"):
        assert getattr(again, name) == getattr(person, name)
    assert (again.state, again.reset_at) == ("SupannActif", None)


def test_what_was_begun_before_is_over(stack: Stack, kcb: Any) -> None:
    """A link opened, a journey half-way, and the mail nobody has read yet."""
    person, walker = stack.person(), Walker()
    link = stack.mail_link(person)
    page = to_charter(walker, link)
    assert kcb(person.login, "--reason", "lost mailbox", "--yes").exit_code == 0
    assert walker.send(page, accept="y").title == SUPERSEDED
    assert Walker().get(link).title == SUPERSEDED
    activate(stack, Walker(), mailed_link(stack, person))


def test_without_backup_mail_a_sheet_is_to_be_printed(stack: Stack, kcb: Any) -> None:
    """Nor is anything mailed where nobody has ever shown to read: the account holds somebody's mails."""
    person = active_person(stack)
    assert person.personal_mail
    done = kcb(person.login, "--reason", "ticket 12", "--by", "Mme Durand", "--yes")
    assert f"kcb scolpass {person.login}" in done.output
    assert audited(stack, person)[-1][1] == "Mme Durand (martine)"
    with stack.services.sessions() as db:
        assert not db.scalars(select(OutboxMessage).where(OutboxMessage.person_id == person.id)).all()


def test_others_are_refused_by_name_while_the_rest_goes_on(stack: Stack, kcb: Any, tmp_path: Any) -> None:
    good, closed, disabled = active_person(stack), active_person(stack), active_person(stack)
    close_account(stack, closed, "in the register")
    close_account(stack, disabled, "in Keycloak")
    listed = tmp_path / "logins.txt"
    listed.write_text(
        f"# found on a list\n{closed.login}\n\n{disabled.login}  # locked\nnobody@etu.univ-demo.fr\n"
    )

    done = kcb(good.login, "--from", str(listed), "--reason", "phishing", "--yes", "--json")

    assert done.exit_code == 3
    answer = json.loads(done.stdout)
    assert answer["reset"] == [{"login": good.login, "mail": False}]
    reasons = {one["login"]: one["reason"] for one in answer["refused"]}
    assert reasons.keys() == {closed.login, disabled.login, "nobody@etu.univ-demo.fr"}
    assert "ended on" in reasons[closed.login]
    assert "disabled in Keycloak" in reasons[disabled.login]
    assert stack.reread(disabled).activated_at is not None
    assert kcb("nobody", "--reason", "x", "--yes").exit_code == 1


def test_nothing_happens_unless_the_operator_says_so(stack: Stack, kcb: Any) -> None:
    person = active_person(stack)
    asked = kcb(person.login, "--reason", "ticket 12", answer="n\n")
    assert asked.exit_code == 1
    assert stack.reread(person).generation == person.generation
    assert audited(stack, person) == []
    assert kcb(person.login, "--yes").exit_code == 2, "no reason given"


def test_keycloak_down_writes_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    person = active_person(stack)
    monkeypatch.setattr(stack.realm.settings, "keycloak_internal_url", "http://127.0.0.1:9")
    with pytest.raises(KeycloakUnavailable):
        resets.reset(stack.services, person.id, actor="martine", reason="x")
    monkeypatch.undo()
    after = stack.reread(person)
    assert (after.generation, after.activated_at) == (person.generation, person.activated_at)
    assert audited(stack, person) == []


def test_twice_is_as_good_as_once(stack: Stack) -> None:
    person, _ = with_choices(stack)
    for _ in range(2):
        resets.reset(stack.services, person.id, actor="martine", reason="x")
    activate(stack, Walker(), mailed_link(stack, person), AGAIN)
    assert log_in(stack, Walker(), person.login, AGAIN).url.startswith(stack.ent_url)


def test_a_closed_account_is_not_reset(stack: Stack) -> None:
    person = active_person(stack)
    close_account(stack, person, "in the register")
    with pytest.raises(AccountClosed):
        resets.reset(stack.services, person.id, actor="martine", reason="x")
