"""What changes in an entry, and what never does: other labels, other people's values, what nobody decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.channels.settings import WRITTEN_BACK
from kc_bridge.domain.writeback import Difference, Forwarding, Standing, differences, owned

CONSENTS = {"sms_consent": "{SMSU}CG", "photo_use": "{PHOTO}PUBLIC"}
ACTIVE = Standing(
    "SupannActif", date(2026, 9, 7), date(2027, 12, 31), confirmed=True, backup_mail="a@perso.fr"
)


def changes(standing: Standing, held: dict[str, Any], *attributes: str) -> list[Difference]:
    return differences(held, owned(standing, attributes or WRITTEN_BACK, CONSENTS, "COMPTE"))


def only(standing: Standing, attribute: str, *held: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """(taken away, added) of one attribute that holds these values; None: nothing changes."""
    found = changes(standing, {attribute.lower(): held}, attribute)
    return (found[0].delete, found[0].add) if found else None


class TestBackupMail:
    def test_other_labels_stay(self) -> None:
        held = ("{PERSO}p@x.fr", "{PARENTS}m@x.fr", "no label", "{SECOURS}old@x.fr", "{secours}older@x.fr")
        assert only(ACTIVE, "supannMailPrive", *held) == (
            ("{SECOURS}old@x.fr", "{secours}older@x.fr"),
            ("{SECOURS}a@perso.fr",),
        )

    def test_as_it_should_be(self) -> None:
        assert only(ACTIVE, "supannMailPrive", "{SECOURS}a@perso.fr", "{PERSO}p@x.fr") is None

    def test_given_up(self) -> None:
        none = replace(ACTIVE, backup_mail=None)
        assert only(none, "supannMailPrive", "{SECOURS}a@perso.fr") == (("{SECOURS}a@perso.fr",), ())

    def test_before_its_owner_validated_it_what_a_register_says_stays(self) -> None:
        assert only(replace(ACTIVE, confirmed=False), "supannMailPrive", "{SECOURS}other@x.fr") is None


class TestForwarding:
    @pytest.mark.parametrize(
        ("forwarding", "address", "option"),
        [
            (Forwarding("f@x.fr", copy=True), ("f@x.fr",), ("mailbox",)),
            (Forwarding("f@x.fr", copy=False), ("f@x.fr",), ()),
            (Forwarding(None, copy=True), (), ()),
        ],
    )
    def test_on_with_or_without_a_copy_and_off(
        self, forwarding: Forwarding, address: tuple[str, ...], option: tuple[str, ...]
    ) -> None:
        standing = replace(ACTIVE, forwarding=forwarding)
        assert only(standing, "mailForwardingAddress") == (((), address) if address else None)
        assert only(standing, "mailForwardingAddress", "old@x.fr") == (("old@x.fr",), address)
        assert only(standing, "mailDeliveryOption") == (((), option) if option else None)
        assert only(standing, "mailDeliveryOption", "Mailbox", "vacation") == (("Mailbox",), option)

    def test_nobody_was_asked(self) -> None:
        assert only(ACTIVE, "mailForwardingAddress", "old@x.fr") is None
        assert only(ACTIVE, "mailDeliveryOption", "mailbox") is None


class TestConsents:
    def test_given_and_withdrawn(self) -> None:
        standing = replace(ACTIVE, consents={"sms_consent": True, "photo_use": False})
        assert only(standing, "supannConsentement", "{PHOTO}PUBLIC", "{OTHER}X") == (
            ("{PHOTO}PUBLIC",),
            ("{SMSU}CG",),
        )

    def test_what_nobody_decided_stays(self) -> None:
        assert only(ACTIVE, "supannConsentement", "{SMSU}CG") is None
        other = replace(ACTIVE, consents={"photo_use": False, "directory_visibility": True})
        assert only(other, "supannConsentement", "{SMSU}CG") is None


class TestState:
    def test_one_value_of_ours_beside_others(self) -> None:
        held = ("{COMPTE}I:SupannCree:20260701:", "{MAIL}A:SupannActif::", "{compte}A:::")
        assert only(ACTIVE, "supannRessourceEtatDate", *held) == (
            ("{COMPTE}I:SupannCree:20260701:", "{compte}A:::"),
            ("{COMPTE}A:SupannActif:20260907:20271231",),
        )

    @pytest.mark.parametrize(
        ("state", "value"),
        [
            ("SupannPrecree", "{COMPTE}I:SupannPrecree::"),
            ("SupannExpire", "{COMPTE}I:SupannExpire::"),
            ("SupannSursis", "{COMPTE}A:SupannSursis::"),
            ("SupannSupprDonnees", "{COMPTE}I:SupannSupprDonnees::"),
        ],
    )
    def test_every_state(self, state: str, value: str) -> None:
        assert only(Standing(state), "supannRessourceEtatDate") == ((), (value,))


def test_only_the_attributes_asked_for() -> None:
    found = changes(replace(ACTIVE, forwarding=Forwarding("f@x.fr")), {}, "mailForwardingAddress")
    assert [one.attribute for one in found] == ["mailForwardingAddress"]


values = st.sampled_from(
    [
        "{SECOURS}a@x.fr",
        "{PERSO}p@x.fr",
        "{COMPTE}A:SupannActif::",
        "{MAIL}A:::",
        "mailbox",
        "f@x.fr",
        "{SMSU}CG",
        "x",
    ]
)
entries = st.fixed_dictionaries({name.lower(): st.frozensets(values) for name in WRITTEN_BACK})
standings = st.builds(
    Standing,
    state=st.sampled_from(["SupannActif", "SupannExpire"]),
    confirmed=st.booleans(),
    backup_mail=st.sampled_from([None, "a@x.fr", "b@x.fr"]),
    forwarding=st.none() | st.builds(Forwarding, st.sampled_from([None, "f@x.fr", "g@x.fr"]), st.booleans()),
    consents=st.dictionaries(st.sampled_from(sorted(CONSENTS)), st.booleans()),
)


@given(standings, entries)
def test_written_once_there_is_nothing_left_to_write(
    standing: Standing, held: dict[str, frozenset[str]]
) -> None:
    for one in changes(standing, held):
        name = one.attribute.lower()
        assert set(one.delete) <= held[name]
        assert not set(one.add) & held[name]
        held = held | {name: held[name] - set(one.delete) | set(one.add)}
    assert changes(standing, held) == []
