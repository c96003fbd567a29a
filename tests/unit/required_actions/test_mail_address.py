"""Addresses people type: one writing, a reason for every refusal."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask
from wtforms import ValidationError

from required_actions.mail_address import is_within, same_mailbox, usable
from tests.security.test_mails import WRONG


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("camille@exemple.fr", "camille@exemple.fr"),
        ("Camille.O'Connor+fac@Exemple.FR", "Camille.O'Connor+fac@exemple.fr"),
        ("camille@xn--universit-j4a.fr", "camille@université.fr"),
        (unicodedata.normalize("NFD", "camille@université.fr"), "camille@université.fr"),
        ("camille@ｅxemple．fr", "camille@exemple.fr"),
        ("a" * 64 + "@exemple.fr", "a" * 64 + "@exemple.fr"),
    ],
)
def test_one_writing(app: Flask, typed: str, written: str) -> None:
    with app.test_request_context():
        assert usable(typed) == written


@pytest.mark.parametrize("typed", [*WRONG, "", None, "a" * 65 + "@exemple.fr", "a@b", "a@@b.fr", "a@b.fr\n"])
def test_what_no_mail_could_be_sent_to(app: Flask, typed: str | None) -> None:
    with app.test_request_context(), pytest.raises(ValidationError) as refused:
        usable(typed)
    assert str(refused.value).startswith("Saisissez une adresse")


def test_accents_are_named_as_the_reason(app: Flask) -> None:
    """A relay without SMTPUTF8 refuses such a mail later, when nobody is there to read why."""
    with app.test_request_context(), pytest.raises(ValidationError, match="sans accent"):
        usable("émilie@exemple.fr")


def test_domains_and_what_is_below_them() -> None:
    domains = ("CHU.fr", "alumni.exemple.org")
    for address in ("a@chu.fr", "a@mail.chu.fr", "a@ALUMNI.exemple.org"):
        assert is_within(address, domains)
    for address in ("a@pasduchu.fr", "a@exemple.org", "chu.fr@autre.fr", "a@chu.fr.autre.fr"):
        assert not is_within(address, domains)
    assert not is_within("a@chu.fr", ())


def test_only_the_domain_has_no_case() -> None:
    assert same_mailbox("Camille@Exemple.FR", "Camille@exemple.fr")
    assert not same_mailbox("camille@exemple.fr", "Camille@exemple.fr")
    assert not same_mailbox(None, None)
    assert not same_mailbox("", "")
    assert not same_mailbox("camille@exemple.fr", None)
