"""Addresses on the real Keycloak: a mail by real SMTP, two devices, and what the user's attributes then are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import CHARTER, FINISHED, is_inside, log_in, sessions
from tests.support.entrances import KNOWN, WAITING, active_person, ask_for, begin, told, walk
from tests.support.stack import Stack, start_stack
from tests.support.walker import Page, Walker

COMPLETE = str(Path(__file__).parents[1] / "support/profiles/complete.toml")
BACKUP = "Mail de secours"
FORWARDING = "Redirection de vos mails (facultatif)"
ELSEWHERE = "Terminé, connectez-vous"
CONFIRMED = "Adresse confirmée"


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile=COMPLETE)
    yield stack
    stack.stop()


def new_address(person: Person) -> str:
    return f"secours-{person.uid}@perso.example"


def mailed_link(stack: Stack, address: str) -> str:
    """The link in the newest mail that reached the address."""
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mail = next(stack.mails.newest_first(address))
    return next(link for link in mail.links if "/l/" in link)


def attributes(stack: Stack, person: Person) -> dict[str, Any]:
    found: dict[str, Any] = stack.user(person).get("attributes", {})
    return found


def at_backup_mail(stack: Stack, person: Person) -> tuple[Walker, Page]:
    """From the activation mail to the first page, as in the procedure."""
    walker = Walker()
    page = walker.send(walker.get(stack.mail_link(person)))
    assert page.title == BACKUP, page
    return walker, page


def test_the_address_the_activation_was_mailed_to(stack: Stack) -> None:
    person = stack.person()
    walker, page = at_backup_mail(stack, person)
    page = walker.send(page, backup_mail=person.personal_mail or "")
    assert page.title == CHARTER
    assert attributes(stack, person)["supannMailPrive"] == [f"{{SECOURS}}{person.personal_mail}"]
    assert len(list(stack.mails.newest_first(person.personal_mail or ""))) == 1  # the activation's alone


def test_another_address_confirmed_in_the_same_browser(stack: Stack) -> None:
    person = stack.person()
    walker, page = at_backup_mail(stack, person)
    page = walker.send(page, backup_mail=new_address(person))
    assert page.title == WAITING
    assert "supannMailPrive" not in attributes(stack, person)
    page = walker.send(walker.get(mailed_link(stack, new_address(person))))
    assert page.title == CHARTER
    page = walker.send(page, accept="y")
    assert page.title == FORWARDING
    assert attributes(stack, person)["supannMailPrive"] == [f"{{SECOURS}}{new_address(person)}"]

    page = walker.send(page, forwarding="y", forwarding_address=new_address(person), forwarding_copy="y")
    kept = attributes(stack, person)
    assert kept["mailForwardingAddress"] == [new_address(person)]
    assert kept["mailDeliveryOption"] == ["mailbox"]
    assert page.title not in (WAITING, FORWARDING)

    # Back: no forwarding after all. What was written before is taken away again.
    walker.send(walker.get(f"{stack.url}/activation/mail-forwarding"), forwarding_address="")
    assert not {"mailForwardingAddress", "mailDeliveryOption"} & attributes(stack, person).keys()


def test_corrected_after_keycloak_had_it(stack: Stack) -> None:
    person = stack.person()
    walker, page = at_backup_mail(stack, person)
    walker.send(page, backup_mail=person.personal_mail or "")
    page = walker.get(f"{stack.url}/activation/backup-mail")
    assert walker.send(page, backup_mail=new_address(person)).title == WAITING
    page = walker.send(walker.get(mailed_link(stack, new_address(person))))
    assert page.title == CHARTER
    walker.send(page, accept="y")
    assert attributes(stack, person)["supannMailPrive"] == [f"{{SECOURS}}{new_address(person)}"]


def test_a_second_device_goes_on_and_ends_it(stack: Stack) -> None:
    person = stack.person()
    first, page = at_backup_mail(stack, person)
    assert first.send(page, backup_mail=new_address(person)).title == WAITING
    phone = Walker()
    page = phone.send(phone.get(mailed_link(stack, new_address(person))))
    assert page.title == CHARTER
    assert first.get(f"{stack.url}/activation/").title == CHARTER  # the page that waited, refreshed

    page = walk(stack, phone, page, backup_mail=new_address(person))
    assert page.url.startswith(stack.ent_url)
    assert stack.reread(person).activated_at is not None
    assert stack.reread(person).personal_mail == new_address(person)
    assert attributes(stack, person)["supannMailPrive"] == [f"{{SECOURS}}{new_address(person)}"]
    assert first.get(f"{stack.url}/activation/").title == ELSEWHERE
    assert not is_inside(stack, first)
    assert sessions(stack, person) == 1


def test_the_first_device_ends_it_and_the_second_is_out(stack: Stack) -> None:
    person = stack.person()
    first, page = at_backup_mail(stack, person)
    first.send(page, backup_mail=new_address(person))
    link, phone = mailed_link(stack, new_address(person)), Walker()
    assert phone.send(phone.get(link)).title == CHARTER
    page = walk(stack, first, first.get(f"{stack.url}/activation/"), backup_mail=new_address(person))
    assert page.url.startswith(stack.ent_url)
    assert phone.get(f"{stack.url}/activation/").title == ELSEWHERE
    assert not is_inside(stack, phone)
    assert Walker().get(link).title == "Cette adresse est déjà confirmée"


def test_somebody_elses_session_on_the_second_device_is_seen(stack: Stack) -> None:
    friend, person = active_person(stack), stack.person()
    phone = Walker()
    assert log_in(stack, phone, friend.login, KNOWN).url.startswith(stack.ent_url)
    first, page = at_backup_mail(stack, person)
    first.send(page, backup_mail=new_address(person))
    page = phone.send(phone.get(mailed_link(stack, new_address(person))))
    assert friend.login in page.text
    assert person.login in page.text
    assert page.title != CHARTER
    assert first.get(f"{stack.url}/activation/").title == CHARTER  # confirmed it is, all the same


@pytest.fixture
def member(stack: Stack) -> Person:
    return active_person(stack)


def asked(stack: Stack, person: Person, action: str) -> tuple[Walker, Page]:
    walker = Walker()
    assert begin(stack, walker, person).url.startswith(stack.ent_url)
    return walker, ask_for(stack, walker, action)


def test_asked_for_by_an_application(stack: Stack, member: Person) -> None:
    """The phone with the mail confirms and gets no login; the browser that waits ends the step by itself."""
    walker, page = asked(stack, member, "kcb-backup-mail")
    page = walker.send(page, backup_mail=new_address(member))
    assert page.title == WAITING
    link, phone = mailed_link(stack, new_address(member)), Walker()
    for _ in range(2):
        page = phone.send(phone.get(link))
        assert page.title == CONFIRMED
    assert not is_inside(stack, phone)
    assert phone.get(f"{stack.url}/activation/").status == 410
    assert "supannMailPrive" not in attributes(stack, member)
    assert stack.reread(member).personal_mail == member.personal_mail

    page = walker.get(f"{stack.url}/activation/backup-mail")
    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "success"
    assert attributes(stack, member)["supannMailPrive"] == [f"{{SECOURS}}{new_address(member)}"]
    after = stack.reread(member)
    assert (after.personal_mail, after.generation) == (new_address(member), member.generation + 1)
    assert phone.get(link).status == 410


def test_forwarding_asked_for_by_an_application(stack: Stack, member: Person) -> None:
    walker, page = asked(stack, member, "kcb-mail-forwarding")
    page = walker.send(page, forwarding="y", forwarding_address=new_address(member))
    assert page.title == WAITING
    page = walker.send(walker.get(mailed_link(stack, new_address(member))))
    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "success"
    kept = attributes(stack, member)
    assert kept["mailForwardingAddress"] == [new_address(member)]
    assert "mailDeliveryOption" not in kept

    # And off again, another day.
    page = ask_for(stack, walker, "kcb-mail-forwarding")
    page = walker.send(page, forwarding_address=new_address(member))
    assert page.url.startswith(stack.ent_url)
    assert "mailForwardingAddress" not in attributes(stack, member)


def test_given_up_while_a_mail_is_under_way(stack: Stack, member: Person) -> None:
    walker, page = asked(stack, member, "kcb-backup-mail")
    page = walker.send(page, backup_mail=new_address(member))
    link = mailed_link(stack, new_address(member))
    token = page.form("csrf_token").values["csrf_token"]
    page = walker.post(f"{stack.url}/activation/cancel", csrf_token=token)
    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "cancelled"
    assert Walker().get(link).status == 410
    assert "supannMailPrive" not in attributes(stack, member)


def test_a_new_backup_mail_ends_what_was_begun_before(stack: Stack, member: Person) -> None:
    other, before = asked(stack, member, "kcb-mail-forwarding")
    walker, page = asked(stack, member, "kcb-backup-mail")
    walker.send(page, backup_mail=new_address(member))
    walker.send(walker.get(mailed_link(stack, new_address(member))))
    page = other.send(before, forwarding_address="")
    assert page.status == 410
    assert "mailForwardingAddress" not in attributes(stack, member)
    assert page.title != FINISHED
