"""What the tests of the published procedures look at again and again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from kc_bridge.demo.mailbox import Mail
from kc_bridge.mailer import send_waiting
from kc_bridge.store.activation import Link
from kc_bridge.store.models import Person
from tests.e2e.visitor import Visitor
from tests.support.stack import Stack

__all__ = [
    "attributes",
    "end_of_that_day",
    "latest_link",
    "link_in",
    "newest_mail",
    "read_charter",
    "said",
    "stage",
]

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def said(instant: datetime) -> str:
    """« dimanche 22 novembre 2026 à 23 h 59 », as a leaflet's reader reads it in Paris."""
    there = instant.astimezone(PARIS)
    day = "1er" if there.day == 1 else str(there.day)
    return f"{DAYS[there.weekday()]} {day} {MONTHS[there.month - 1]} {there.year} à {there:%H} h {there:%M}"


def end_of_that_day(sent_at: datetime) -> datetime:
    """« valide le jour même jusqu'à 23h59 », and never less than half an hour (scenario 8)."""
    end = datetime.combine(sent_at.astimezone(PARIS).date(), time(23, 59, 59), PARIS)
    return max(end, sent_at + timedelta(minutes=30))


def stage(visitor: Visitor, number: int, total: int, title: str) -> None:
    """Fails unless this is the page the leaflet calls so."""
    visitor.sees(title)
    word = {"fr": f"Étape {number} sur {total}", "en": f"Step {number} of {total}"}[visitor.language]
    assert word in visitor.text, visitor.text


def newest_mail(stack: Stack, address: str) -> Mail:
    """The newest mail to an address, sent by the worker at this very moment."""
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    return next(stack.mails.newest_first(address))


def link_in(mail: Mail) -> str:
    (found,) = {link for link in mail.links if "/l/" in link}
    return found


def latest_link(stack: Stack, person: Person) -> Link:
    """What the bridge keeps of the link mailed last."""
    wanted = select(Link).where(Link.person_id == person.id).order_by(Link.created_at.desc()).limit(1)
    with stack.services.sessions() as db:
        return db.scalars(wanted).one()


def read_charter(visitor: Visitor, link: str) -> str:
    """« Prendre connaissance de la charte informatique en cliquant sur le lien »: what the new tab shows."""
    with visitor.context.expect_page() as opened:
        visitor.page.get_by_role("link", name=link).click()
    opened.value.wait_for_load_state("load")
    text = opened.value.locator("body").inner_text()
    opened.value.close()
    return text


def attributes(stack: Stack, person: Person) -> dict[str, Any]:
    """What Keycloak keeps of the choices made."""
    user = stack.user(person)
    assert user["requiredActions"] == []
    found: dict[str, Any] = user["attributes"]
    return found
