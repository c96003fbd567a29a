"""2. Link tokens: 256 bits, only their SHA-256 stored, never in logs, in a Referer or left in the address bar."""

from __future__ import annotations

import base64
import re
import sqlite3
from urllib.parse import urlsplit

import pytest

from kc_bridge.domain.link import token_digest
from tests.support.activation import FINISHED, choose, to_password
from tests.support.stack import Stack
from tests.support.walker import Walker


def dump(stack: Stack) -> str:
    """Every table of the database, as a thief of its file would read it."""
    path = stack.realm.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        rows = [
            repr(row)
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for row in database.execute(f'SELECT * FROM "{table}"')
        ]
    return "\n".join(rows)


def test_the_token_is_in_the_mail_alone(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    person = stack.person()
    link = stack.mail_link(person)
    token = link.rpartition("/")[2]
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    walker, dumps = Walker(), [dump(stack)]
    page = to_password(walker, link)
    dumps.append(dump(stack))
    assert choose(walker, page).title == FINISHED
    walker.get(f"{stack.url}/activation/leave")
    dumps.append(dump(stack))

    assert stack.reread(person).activated_at is not None
    for content in dumps:
        assert token_digest(token) in content
        assert token not in content
    said = capfd.readouterr()
    # The tests' own server names each address; test_logs.py reads what the real one says.
    ours = [line for line in (said.out + said.err).splitlines() if " HTTP/1." not in line]
    assert any("/l/<token>" in line for line in ours)
    assert not any(token in line for line in ours)
    # After the button nothing carries it: neither the addresses visited nor what sites are told one came from.
    assert walker.trail[:2] == [link, link]
    assert not any(token in visited for visited in walker.trail[2:])


def test_pages_that_hold_a_token_tell_no_site(stack: Stack) -> None:
    link = stack.mail_link(stack.person())
    walker = Walker()
    page = walker.get(link)
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert page.response.headers["Cache-Control"] == "no-store"
    loaded = re.findall(r'\b(?:href|src|action)="([^"]*)"', page.response.text)
    assert loaded
    assert {urlsplit(address).netloc for address in loaded} <= {"", urlsplit(stack.url).netloc}


def test_a_dump_opens_nothing(stack: Stack) -> None:
    """Whoever has read the database holds no token: neither the digest nor the link's id opens it."""
    link = stack.mail_link(stack.person())
    digest = token_digest(link.rpartition("/")[2])
    for guess in (digest, digest.upper(), "", "%00", link.rpartition("/")[2][:-1], "*", "%25"):
        assert Walker().get(f"{stack.url}/l/{guess}").status == 404
    assert Walker().get(link).status == 200
