"""The charter people accept: as shown, on a page of its own too, and whether somebody knows an older one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import get_locale
from markupsafe import Markup
from sqlalchemy import select

from kc_bridge.domain.calendar import date_in_words
from kc_bridge.domain.profile import Charter
from kc_bridge.services import services
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.database import SessionFactory
from required_actions.plain_text import to_html

__all__ = ["ADDRESS", "ShownCharter", "blueprint", "fingerprint", "knows_an_older_one", "shown"]

ADDRESS = "/charte"

blueprint = Blueprint("charter", __name__, template_folder="templates")


@dataclass(frozen=True)
class ShownCharter:
    """The text in one language, ready for a page."""

    title: str
    version: str
    since: str | None
    """Its first day, in words of the page's language."""
    language: str
    """Of the text, which may not be the page's."""
    html: Markup
    changes: Markup
    """What is new in this version; may be empty."""
    sha256: str


@blueprint.get(ADDRESS)
def alone() -> str:
    """For everybody, logged in or not: to read at leisure, to print, to link to."""
    return render_template("charter.html", charter=shown(services().profile.charter, _language(), headings=2))


def shown(charter: Charter, language: str, headings: int = 3) -> ShownCharter:
    """The charter for a page in ``language``; ``headings``: level of those in the text."""
    own = charter.language(language)
    return ShownCharter(
        title=charter.title[own],
        version=charter.version,
        since=date_in_words(charter.since, language) if charter.since else None,
        language=own,
        html=to_html(charter.text[own], headings),
        changes=to_html(charter.changes.get(own, "")),
        sha256=fingerprint(charter.text[own]),
    )


def fingerprint(text: str) -> str:
    """SHA-256 of a text, in hexadecimal: the proof of what somebody had before their eyes."""
    return hashlib.sha256(text.encode()).hexdigest()


def knows_an_older_one(sessions: SessionFactory, person_id: str, version: str) -> bool:
    """True when somebody has accepted a version of the charter, but never this one."""
    with sessions() as db:
        known = db.scalars(
            select(CharterAcceptance.version).where(CharterAcceptance.person_id == person_id).distinct()
        ).all()
    return bool(known) and version not in known


def _language() -> str:
    return str(get_locale() or "fr")
