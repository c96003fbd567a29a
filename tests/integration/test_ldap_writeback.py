"""The directory is told what people decided and how their account is, on a real OpenLDAP: state, not steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.adapters.ldap import LdapDirectory
from kc_bridge.channels.announcements import ACTIVATED, CHANGED, announce
from kc_bridge.channels.ldap_writeback import write_back
from kc_bridge.channels.settings import LdapWriteback
from kc_bridge.ldap_ports import LdapChange
from kc_bridge.store.activation import Journey, StepRecord
from kc_bridge.store.decisions import Consent
from kc_bridge.store.models import Identifier, OutboxMessage, Person
from kc_bridge.web.logs import configure
from tests.support.bridge import FixedClock, make_settings
from tests.support.people import Bridge
from tests.support.supann_directory import SupannDirectory

STATE = "{COMPTE}A:SupannActif:20260907:20271231"


class World:
    """A bridge, its directory, and the time."""

    def __init__(self, folder: Path, directory: SupannDirectory) -> None:
        self.directory = directory
        self.clock = FixedClock()
        self.writeback = LdapWriteback.model_validate(directory.options)
        self.bridge = Bridge(make_settings(folder, ldap_writeback=self.writeback))

    def active(self, **fields: Any) -> Person:
        """Somebody who has activated their account, in the directory too."""
        usual = {"activated_at": self.clock(), "state": "SupannActif", "account_end": date(2027, 12, 31)}
        person = self.bridge.person(self.clock(), **usual | fields)
        self.directory.person(person.uid, supannMailPrive=["{PERSO}p@x.fr", "{SECOURS}old@x.fr"])
        return person

    def happens(self, person: Person, event: str = ACTIVATED) -> None:
        with self.bridge.sessions.begin() as db:
            announce(db, self.bridge.settings, person, event, self.clock())

    def change(self, person: Person, **fields: Any) -> None:
        with self.bridge.sessions.begin() as db:
            row = db.get_one(Person, person.id)
            for name, value in fields.items():
                setattr(row, name, value)

    def forwards(
        self, person: Person, address: str | None, *, copy: bool = True, finished: bool = True
    ) -> None:
        """They have been asked where their mails shall go."""
        now = self.clock()
        with self.bridge.sessions.begin() as db:
            journey = Journey(
                person_id=person.id,
                name=f"j{db.query(Journey).count()}",
                generation=1,
                started_at=now,
                finished_at=now if finished else None,
            )
            journey.steps.append(
                StepRecord(step="mail_forwarding", done_at=now, data={"address": address, "copy": copy})
            )
            db.add(journey)

    def consents(self, person: Person, use: str, given: bool) -> None:
        with self.bridge.sessions.begin() as db:
            db.add(
                Consent(
                    person_id=person.id,
                    use=use,
                    given=given,
                    language="fr",
                    text_sha256="",
                    decided_at=self.clock(),
                )
            )

    def round(self, opened: Callable[[], Any] | None = None) -> int:
        make = opened or (lambda: LdapDirectory(self.writeback))
        return write_back(self.writeback, "Europe/Paris", self.bridge.sessions, self.clock, make)

    def held(self, person: Person, name: str) -> set[str]:
        return self.directory.slapd.values(self.directory.dn(person.uid), name)


@pytest.fixture
def world(tmp_path: Path, directory: SupannDirectory) -> World:
    return World(tmp_path, directory)


def test_everything_somebody_decided(world: World) -> None:
    person = world.active()
    world.forwards(person, "f@ailleurs.fr", copy=True)
    world.consents(person, "sms_consent", True)
    world.consents(person, "photo_use", False)
    world.happens(person)
    assert world.round() == 1
    assert world.held(person, "supannMailPrive") == {"{PERSO}p@x.fr", f"{{SECOURS}}{person.personal_mail}"}
    assert world.held(person, "mailForwardingAddress") == {"f@ailleurs.fr"}
    assert world.held(person, "mailDeliveryOption") == {"mailbox"}
    assert world.held(person, "supannConsentement") == {"{SMSU}CG"}
    assert world.held(person, "supannRessourceEtatDate") == {STATE}
    assert world.bridge.messages() == [("sent", None)]


def test_told_again_nothing_is_written(world: World) -> None:
    person = world.active()
    world.happens(person)
    world.round()
    before = world.held(person, "entryCSN")
    world.happens(person)
    world.happens(person, CHANGED)
    assert world.round() == 2
    assert world.held(person, "entryCSN") == before


def test_taken_back(world: World) -> None:
    person = world.active()
    world.forwards(person, "f@ailleurs.fr", copy=False)
    world.consents(person, "sms_consent", True)
    world.happens(person)
    world.round()
    assert world.held(person, "mailDeliveryOption") == set()
    world.clock.advance(days=1)
    world.forwards(person, None)
    world.forwards(person, "unfinished@ailleurs.fr", finished=False)
    world.consents(person, "sms_consent", False)
    world.change(person, state="SupannExpire")
    world.happens(person)
    world.round()
    for name in ("mailForwardingAddress", "mailDeliveryOption", "supannConsentement"):
        assert world.held(person, name) == set()
    assert world.held(person, "supannRessourceEtatDate") == {"{COMPTE}I:SupannExpire:20280101:"}


def test_what_was_erased_here_is_erased_there(world: World) -> None:
    person = world.active()
    world.forwards(person, "f@ailleurs.fr")
    world.consents(person, "sms_consent", True)
    world.happens(person)
    world.round()
    world.change(person, state="SupannSupprDonnees", activated_at=None)
    world.happens(person, CHANGED)
    world.round()
    assert world.held(person, "supannMailPrive") == {"{PERSO}p@x.fr"}
    assert world.held(person, "mailForwardingAddress") == world.held(person, "supannConsentement") == set()


def test_a_late_message_writes_what_is_true_now(world: World) -> None:
    person = world.active()
    world.happens(person)
    world.change(person, personal_mail="second@perso.fr")
    world.happens(person)
    world.change(person, personal_mail="third@perso.fr")
    for _message in range(2):
        world.round()
        assert world.held(person, "supannMailPrive") == {"{PERSO}p@x.fr", "{SECOURS}third@perso.fr"}


def test_what_changes_while_it_is_written_is_written_too(world: World) -> None:
    """Another worker may have written the later decision already: whoever writes last looks again."""
    person = world.active()
    world.happens(person)

    class Overtaken(LdapDirectory):
        written = 0

        def modify(self, dn: str, changes: Sequence[LdapChange]) -> None:
            super().modify(dn, changes)
            self.written += 1
            if self.written == 1:
                world.change(person, personal_mail="later@perso.fr")

    assert world.round(lambda: Overtaken(world.writeback)) == 1
    assert "{SECOURS}later@perso.fr" in world.held(person, "supannMailPrive")


def test_a_directory_that_is_down_is_told_later(world: World, directory: SupannDirectory) -> None:
    """30–32: the answer lost or the server away, the message waits and is worked off, and nothing is doubled."""
    people = [world.active() for _number in range(2)]
    for person in people:
        world.happens(person)
    directory.slapd.pause()
    try:
        assert world.round() == 0
    finally:
        directory.slapd.resume()
    (first, error), (second, untried) = world.bridge.messages()
    assert (first, second, untried) == ("waiting", "waiting", None)
    assert "127.0.0.1" in (error or "")
    world.clock.advance(seconds=5)
    assert world.round() == 2
    assert all(world.held(person, "supannRessourceEtatDate") == {STATE} for person in people)


def test_an_answer_lost(world: World) -> None:
    person = world.active()
    world.happens(person)

    class Deaf(LdapDirectory):
        def modify(self, dn: str, changes: Sequence[LdapChange]) -> None:
            super().modify(dn, changes)
            raise OSError

    assert world.round(lambda: Deaf(world.writeback)) == 0
    before = world.held(person, "entryCSN")
    world.clock.advance(seconds=5)
    assert world.round() == 1
    assert world.held(person, "entryCSN") == before


def test_an_entry_that_comes_later(world: World, directory: SupannDirectory) -> None:
    person = world.bridge.person(world.clock(), activated_at=world.clock(), state="SupannActif")
    other = world.active()
    world.happens(person)
    world.happens(other)
    assert world.round() == 1, "who has an entry does not wait for who has none"
    directory.person(person.uid)
    world.clock.advance(seconds=5)
    assert world.round() == 1
    assert world.held(person, "supannMailPrive") == {f"{{SECOURS}}{person.personal_mail}"}


def test_a_filter_that_finds_two_writes_neither(world: World, directory: SupannDirectory) -> None:
    person = world.active()
    directory.person("namesake", description=[person.uid])
    world.writeback.filter = "(|(uid={uid})(description={uid}))"
    world.happens(person)
    assert world.round() == 0
    ((state, error),) = world.bridge.messages()
    assert state == "dead"
    assert "2 entries" in (error or "")
    assert world.held(person, "supannRessourceEtatDate") == set()


def test_by_a_number(world: World, directory: SupannDirectory) -> None:
    person, without = world.active(), world.active()
    with world.bridge.sessions.begin() as db:
        db.add(Identifier(person_id=person.id, kind="student_number", value="22600001"))
    directory.slapd.change(directory.dn(person.uid), supannEtuId=["22600001"])
    world.writeback.filter = "(supannEtuId={student_number})"
    for somebody in (person, without):
        world.happens(somebody)
    assert world.round() == 1
    assert world.held(person, "supannRessourceEtatDate") == {STATE}
    assert world.bridge.messages()[1] == (
        "expired",
        "has no student_number, by which its entry would be found",
    )


def test_an_entry_that_may_not_hold_it(world: World, directory: SupannDirectory) -> None:
    person, other = world.active(), world.active()
    directory.slapd.change(
        directory.dn(person.uid), objectClass=["inetOrgPerson", "supannPerson"], mailDeliveryOption=[]
    )
    for somebody in (person, other):
        world.forwards(somebody, "f@ailleurs.fr")
        world.happens(somebody)
    assert world.round() == 1
    ((state, error), _other) = world.bridge.messages()
    assert state == "dead"
    assert "object classes" in (error or "")
    assert world.held(other, "mailDeliveryOption") == {"mailbox"}


def test_the_log_names_nobody(
    world: World, directory: SupannDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    """22. What a server says of a change may quote it."""
    configure("console")
    person = world.active(personal_mail="canari@perso.fr\x00")
    world.happens(person)
    world.round()
    directory.slapd.pause()
    try:
        world.happens(person)
        world.round()
    finally:
        directory.slapd.resume()
    said = "".join(capsys.readouterr())
    assert "ldap" in said
    for word in ("canari", person.uid, person.login, person.last_name, "service-1234"):
        assert word not in said


def test_a_certificate_nobody_vouches_for_keeps_all_waiting(world: World) -> None:
    world.happens(world.active())
    world.writeback.ca_file = None
    assert world.round() == 0
    ((state, error),) = world.bridge.messages()
    assert state == "waiting"
    assert "certificate" in (error or "")


def test_before_the_activation_only_the_state(world: World) -> None:
    created = datetime(2026, 7, 6, 22, 30, tzinfo=UTC)
    person = world.active(activated_at=None, state="SupannCree", created_at=created)
    world.happens(person, CHANGED)
    world.round()
    assert world.held(person, "supannMailPrive") == {"{PERSO}p@x.fr", "{SECOURS}old@x.fr"}
    assert world.held(person, "supannRessourceEtatDate") == {"{COMPTE}I:SupannCree:20260707:20271231"}


def test_without_a_directory_nothing_is_queued(world: World) -> None:
    world.bridge.settings.ldap_writeback = None
    world.happens(world.active())
    with world.bridge.sessions() as db:
        assert db.query(OutboxMessage).count() == 0
