"""A local mail catcher: takes any mail by SMTP, delivers none, shows them on a page and as JSON.

Mails are kept as ``.eml`` files in one folder, so that a second ``make demo`` still shows the first one's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import click
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, jsonify, render_template, request
from markupsafe import Markup, escape

from kc_bridge.demo.pages import page_app, serve

__all__ = ["Mail", "MailStore", "create_app", "start_smtp"]

ENGLISH = {
    "Mails interceptés": "Caught mails",
    "Rien ne part d'ici : tous les mails de la démonstration arrivent sur cette page.": (
        "Nothing leaves this machine: every mail of the demonstration ends up on this page."
    ),
    "Chercher une adresse ou un sujet": "Find an address or a subject",
    "Chercher": "Search",
    "Aucun mail.": "No mail.",
    "Sujet": "Subject",
    "Destinataire": "To",
    "Expéditeur": "From",
    "Reçu": "Received",
    "Tous les mails": "All mails",
    "Texte": "Text",
    "mails": "mails",
}

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)»]")


@dataclass(frozen=True)
class Mail:
    """One caught mail, decoded."""

    id: int
    received: datetime
    sender: str
    recipients: list[str]
    """Addresses given in ``RCPT TO``: where the mail would really have gone."""
    subject: str
    text: str
    html: str

    @property
    def links(self) -> list[str]:
        """Addresses found in the text part, in order."""
        return _LINK.findall(self.text)


class MailStore:
    """The mails of one folder; written by the SMTP side, read by the page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._next = max((int(path.stem) for path in folder.glob("*.eml")), default=0) + 1

    def add(self, content: bytes, recipients: list[str]) -> None:
        """Keeps one mail; called from the SMTP thread only."""
        envelope = f"X-Rcpt-To: {', '.join(recipients)}\r\n".encode()
        part = self._folder / f"{self._next}.part"
        part.write_bytes(envelope + content)
        part.rename(part.with_suffix(".eml"))  # readers never see half a mail
        self._next += 1

    def get(self, number: int) -> Mail | None:
        """The mail of that number, or None."""
        path = self._folder / f"{number}.eml"
        return _decode(path) if path.exists() else None

    def newest_first(self, wanted: str = "") -> Iterator[Mail]:
        """Mails whose recipients or subject contain ``wanted`` (case ignored)."""
        for path in sorted(self._folder.glob("*.eml"), key=lambda path: -int(path.stem)):
            mail = _decode(path)
            if wanted.casefold() in f"{' '.join(mail.recipients)} {mail.subject}".casefold():
                yield mail


def _decode(path: Path) -> Mail:
    message: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)

    def body(kind: str) -> str:
        part = message.get_body((kind,))
        return part.get_content().replace("\r\n", "\n") if part is not None else ""

    return Mail(
        id=int(path.stem),
        received=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        sender=str(message["From"] or ""),
        recipients=[address for address in str(message["X-Rcpt-To"]).split(", ") if address],
        subject=str(message["Subject"] or ""),
        text=body("plain"),
        html=body("html"),
    )


class _Catcher:
    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002
        self._store.add(envelope.original_content or b"", envelope.rcpt_tos)
        return "250 caught"


def start_smtp(store: MailStore, port: int, host: str = "127.0.0.1") -> Controller:
    """Starts the SMTP side in a thread; ``.stop()`` of what is returned ends it."""
    controller = Controller(_Catcher(store), hostname=host, port=port, ready_timeout=60)
    controller.start()
    return controller


def create_app(store: MailStore) -> Flask:
    """The page that shows the mails."""
    app = page_app("mailbox_demo", ENGLISH)

    @app.template_filter()
    def linkify(text: str) -> Markup:
        return Markup(_LINK.sub(r'<a href="\g<0>">\g<0></a>', str(escape(text))))  # noqa: S704 - escaped first

    @app.get("/")
    def listing() -> str:
        query = request.args.get("q", "")
        return render_template("mails.html", mails=list(store.newest_first(query)), query=query)

    @app.get("/mails.json")
    def as_json() -> Response:
        return jsonify([_plain(mail) for mail in store.newest_first(request.args.get("q", ""))])

    @app.get("/mails/<int:number>")
    def one(number: int) -> str:
        return render_template("mail.html", mail=store.get(number) or abort(404))

    @app.get("/mails/<int:number>/html")
    def html_part(number: int) -> Response:
        mail = store.get(number) or abort(404)
        # Shown in a frame: no script, no form, no image from elsewhere; a click leaves the frame.
        response = Response(f'<!doctype html><base target="_top">{mail.html}', mimetype="text/html")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
            "sandbox allow-top-navigation-by-user-activation"
        )
        return response

    return app


def _plain(mail: Mail) -> dict[str, Any]:
    return vars(mail) | {"received": mail.received.isoformat(), "links": mail.links}


@click.command()
@click.option("--port", type=int, default=8025, show_default=True, help="Port of the page.")
@click.option("--smtp-port", type=int, default=2525, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where mails are kept.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def main(port: int, smtp_port: int, folder: Path, host: str) -> None:
    """Catch mails and show them."""
    store = MailStore(folder)
    start_smtp(store, smtp_port, host)
    serve(create_app(store), port, host)


if __name__ == "__main__":
    main()
