import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from kc_bridge.demo.mailbox import MailStore, create_app, start_smtp


@pytest.fixture
def store(tmp_path: Path) -> MailStore:
    return MailStore(tmp_path)


@pytest.fixture
def smtp_port(store: MailStore) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    controller = start_smtp(store, port)
    yield port
    controller.stop()


def mail(to: str, subject: str, text: str, html: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Université <ne-pas@univ-demo.fr>", to, subject
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def test_a_mail_sent_by_smtp_is_shown_and_is_in_the_json(store: MailStore, smtp_port: int) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_port, timeout=10) as relay:
        for number in (1, 2):
            link = f"http://localhost:8000/l/jeton-{number}?a=1&b=2"
            relay.send_message(
                mail(
                    "camille@courriel.example",
                    f"Été {number}",
                    f"Ouvrez {link}.",
                    f"<p><a href='{link}'>é</a></p>",
                )
            )
        relay.send_message(mail("autre@courriel.example", "Autre", "x", "<p>x</p>"))
    web = create_app(store).test_client()

    found = web.get("/mails.json?q=CAMILLE").get_json()
    assert [entry["subject"] for entry in found] == ["Été 2", "Été 1"]
    assert found[0]["recipients"] == ["camille@courriel.example"]
    assert found[0]["links"] == ["http://localhost:8000/l/jeton-2?a=1&b=2"]

    page = web.get(f"/mails/{found[0]['id']}").text
    assert 'href="http://localhost:8000/l/jeton-2?a=1&amp;b=2"' in page
    assert "Autre" in web.get("/").text
    assert "Autre" not in web.get("/?q=camille").text


def test_the_html_part_cannot_run_anything(store: MailStore) -> None:
    store.add(
        mail("a@b.example", "s", "t", "<script>alert(1)</script><b>gras</b>").as_bytes(), ["a@b.example"]
    )
    answer = create_app(store).test_client().get("/mails/1/html")
    assert "<b>gras</b>" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_mails_survive_a_restart_and_keep_counting(store: MailStore, tmp_path: Path) -> None:
    store.add(mail("a@b.example", "premier", "t", "t").as_bytes(), ["a@b.example"])
    again = MailStore(tmp_path)
    again.add(mail("a@b.example", "second", "t", "t").as_bytes(), ["a@b.example"])
    assert [entry.subject for entry in again.newest_first()] == ["second", "premier"]


@pytest.mark.parametrize(("language", "words"), [("fr", "Aucun mail."), ("en", "No mail.")])
def test_both_languages(store: MailStore, language: str, words: str) -> None:
    assert words in create_app(store).test_client().get(f"/?lang={language}").text


def test_an_unknown_mail_is_not_found(store: MailStore) -> None:
    assert create_app(store).test_client().get("/mails/7").status_code == 404
