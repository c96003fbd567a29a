"""All the bridge knows of one person, for an operator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kc_bridge.store.models import AuditEntry, Person
from kc_bridge.store.sync import MailAlias, PersonKey, Quarantine, Sameness
from sync.persons.finding import keys_of

__all__ = ["as_text", "known_of", "quarantined"]

ENTRIES = 10


def known_of(db: Session, person: Person) -> dict[str, Any]:
    """Plain data for :mod:`json`, in the order an operator reads it."""
    further = db.scalars(select(PersonKey).where(PersonKey.person_id == person.id).order_by(PersonKey.key))
    aliases = db.scalars(select(MailAlias).where(MailAlias.person_id == person.id).order_by(MailAlias.since))
    into = db.get(PersonKey, person.key)
    keys = keys_of(db, person) or [person.key]
    register = " ".join(filter(None, (person.register_first_name, person.register_last_name)))
    return {
        "login": person.login,
        "mail": person.mail,
        "uid": person.uid,
        "name": person.display_name,
        "register says": register or None,
        "born": f"{person.birth_name or person.last_name}, {_day(person.birth_date) or 'day unknown'}",
        "state": person.state,
        "population": person.population,
        "account end": _day(person.account_end),
        "activated": person.activated_at.isoformat() if person.activated_at else None,
        "keycloak id": person.keycloak_id,
        "owed to keycloak": person.digest is None,
        "merged into": db.get_one(Person, into.person_id).login if into else None,
        "key": person.key,
        "further keys": [{"key": k.key, "rule": k.rule, "since": k.since.isoformat()} for k in further],
        "aliases": [{"address": a.address, "reason": a.reason, "since": a.since.isoformat()} for a in aliases],
        "numbers": {number.kind: number.value for number in person.identifiers},
        "affiliations": [
            {
                "source": a.source, "record": a.source_key, "key": a.person_key, "population": a.population,
                "from": _day(a.start), "until": _day(a.end), "status": a.status,
            }
            for a in person.affiliations
        ],
        "decisions": _decisions(db, keys),
        "quarantine": quarantined(db, [*keys, person.login]),
        "history": _history(db, person),
    }  # fmt: skip


def quarantined(db: Session, names: list[str]) -> list[dict[str, Any]]:
    """Rows in quarantine whose reason or remedy names one of those."""
    mentions = [
        column.contains(name, autoescape=True)
        for name in names
        for column in (Quarantine.problem, Quarantine.remedy)
    ]
    rows = db.scalars(select(Quarantine).where(or_(*mentions)).order_by(Quarantine.file, Quarantine.line))
    return [
        {"source": r.source, "file": r.file, "line": r.line, "problem": r.problem, "remedy": r.remedy}
        for r in rows
    ]


def as_text(known: dict[str, Any]) -> str:
    """For a terminal."""
    lines = []
    for name, value in known.items():
        if value is None or value == [] or value == {}:
            continue
        if isinstance(value, list):
            lines.append(f"{name}:")
            lines += [f"  {_line(item)}" for item in value]
        elif isinstance(value, dict):
            lines.append(f"{name}: " + ", ".join(f"{kind} {number}" for kind, number in value.items()))
        else:
            lines.append(f"{name}: {'yes' if value is True else 'no' if value is False else value}")
    return "\n".join(lines)


def _line(item: dict[str, Any]) -> str:
    return "  ".join(f"{name} {value}" for name, value in item.items() if value is not None)


def _decisions(db: Session, keys: list[str]) -> list[dict[str, Any]]:
    mine = or_(Sameness.left_key.in_(keys), Sameness.right_key.in_(keys))
    return [
        {
            "keys": f"{d.left_key} {'is' if d.same else 'is not'} {d.right_key}",
            "by": d.actor,
            "at": d.decided_at.isoformat(),
        }
        for d in db.scalars(select(Sameness).where(mine).order_by(Sameness.decided_at))
    ]


def _history(db: Session, person: Person) -> list[dict[str, Any]]:
    query = select(AuditEntry).where(AuditEntry.person_id == person.id).order_by(AuditEntry.id.desc())
    return [
        {
            "at": entry.at.isoformat(),
            "by": entry.actor,
            "action": entry.action,
            "why": entry.details.get("reason"),
        }
        for entry in db.scalars(query.limit(ENTRIES))
    ]


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
