"""``kcb person``: one human, one account; other names."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.numbers import normalised
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.operator import operator
from kc_bridge.settings import Settings, load
from kc_bridge.store import audit
from kc_bridge.store.database import SessionFactory, check_schema, open_engine, session_factory
from kc_bridge.store.models import Person
from sync.persons import merging, renaming
from sync.persons.alone import no_run
from sync.persons.finding import NotPossible, find, keys_of, one
from sync.persons.showing import as_text, known_of, quarantined

__all__ = ["person"]

Options = Callable[..., Any]


@dataclass(frozen=True)
class _Work:
    settings: Settings
    profile: UniversityProfile
    sessions: SessionFactory
    now: datetime
    today: date
    alone: Callable[[], AbstractContextManager[Any]]
    """No run of the sync meanwhile: it would write what it read before."""


def _work() -> _Work:
    settings = load()
    engine = open_engine(settings.database_url)
    check_schema(engine)
    now = system_clock()
    return _Work(
        settings,
        load_profile(settings.profile),
        session_factory(engine),
        now,
        local_date(now, settings.timezone),
        lambda: no_run(engine),
    )


def _act(command: Options) -> Options:
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option(
            "--by", metavar="NAME", help="Who asks for it, beside the account you are logged in with."
        ),
        click.option(
            "--reason", required=True, help="Why, for the audit: a ticket number, who asked and how."
        ),
    ):
        command = option(command)
    return command


@click.group()
def person() -> None:
    """One person: by login, uid, number, or key of a source (apogee:22600001)."""


@person.command()
@click.argument("named")
@click.option("--json", "as_json", is_flag=True, help="For scripts; confidential.")
def show(named: str, as_json: bool) -> None:
    """Show all that is known, and what is in quarantine about them."""
    work = _work()
    with work.sessions() as db:
        found = find(db, work.profile, named)
        if found is None and not (rows := quarantined(db, [named])):
            one(db, work.profile, named)  # says why not
        known = known_of(db, found) if found else {"unknown": named, "quarantine": rows}
    click.echo(json.dumps(known, ensure_ascii=False, indent=2) if as_json else as_text(known))


@person.command()
@click.argument("left")
@click.argument("right")
@_act
def merge(left: str, right: str, reason: str, by: str | None, yes: bool) -> None:
    """Say that two are one human: the older account stays, the other closes with the next run.

    A key no account has yet is joined by the next run.
    """
    work, actor = _work(), operator(by)
    with work.sessions() as db:
        people = [find(db, work.profile, named) for named in (left, right)]
        keys = [p.key if p else _key(work, named) for p, named in zip(people, (left, right), strict=True)]
        both = [p for p in people if p is not None]
        if len(both) == 2:
            _preview_merge(db, *merging.older_first(*both))
    if len(both) < 2:
        with work.sessions.begin() as db:
            merging.call_same(db, keys[0], keys[1], actor, work.now)
            audit.record(db, work.now, actor, "keys.same", reason=reason, keys=keys)
        click.echo(f"{keys[0]} and {keys[1]} are one human from the next run on.")
        return
    _ask("Merge?", yes)
    with work.alone(), work.sessions.begin() as db:
        stays, goes = merging.older_first(*(db.get_one(Person, p.id) for p in both))
        merging.merge(db, stays, goes, actor=actor, reason=reason, now=work.now, today=work.today)
        click.echo(f"Merged into {stays.login}. The next run closes {goes.login}.")


@person.command()
@click.argument("named")
@click.argument("key")
@_act
def split(named: str, key: str, reason: str, by: str | None, yes: bool) -> None:
    """Say that KEY is another human's: it leaves the account, or is never joined to it. Undoes a merge."""
    work, actor = _work(), operator(by)
    with work.sessions() as db:
        account, other = find(db, work.profile, named), find(db, work.profile, key)
        together = account is not None and other is not None and account.id == other.id
        left = account.key if account else _key(work, named)
        right = _key(work, key) if together or other is None else other.key
        if account is not None and together:
            _preview_split(db, account, right)
    if account is None or not together:
        with work.sessions.begin() as db:
            merging.call_different(db, left, right, actor, work.now)
            audit.record(db, work.now, actor, "keys.different", reason=reason, keys=[left, right])
        click.echo(f"{left} and {right} are two humans from now on.")
        return
    _ask("Split?", yes)
    with work.alone(), work.sessions.begin() as db:
        held = db.get_one(Person, account.id)
        former = merging.split(db, held, right, actor=actor, reason=reason, now=work.now)
        what = f"{former.login} opens again" if former else "it gets an account of its own"
        click.echo(f"{right} is no longer {account.login}: with the next run {what}.")


@person.command()
@click.argument("named", metavar="LOGIN")
@click.option("--first", "first_name", help="Usual first name.")
@click.option("--last", "last_name", help="Usual name.")
@click.option("--login", help="New login; default: made of the names.")
@_act
def rename(
    named: str, first_name: str | None, last_name: str | None, login: str | None, reason: str, by: str | None,
    yes: bool,
) -> None:  # fmt: skip
    """Give another name, login and mail. The uid stays, and the former address stays an alias."""
    work = _work()
    if not (first_name or last_name or login):
        raise click.UsageError("Give a name (--first, --last) or a login (--login).")
    names = {"first_name": first_name, "last_name": last_name, "login": login}
    with work.sessions() as db:
        found = one(db, work.profile, named)
        planned = renaming.plan(db, found, work.profile, work.today, **names)
        for what in ("first_name", "last_name", "login", "mail"):
            before, after = getattr(found, what), getattr(planned, what)
            if before != after:
                click.echo(f"  {what.replace('_', ' ')}: {before} → {after}", err=True)
    _ask(f"Rename {found.login} (uid {found.uid} stays)?", yes)
    with work.alone(), work.sessions.begin() as db:
        held = db.get_one(Person, found.id)
        if renaming.plan(db, held, work.profile, work.today, **names) != planned:
            raise NotPossible("Somebody took that name meanwhile: ask again.")
        who = {"actor": operator(by), "reason": reason}
        renaming.rename(db, held, planned, work.profile, **who, now=work.now, today=work.today)
    click.echo(f"{found.login} is {planned.login} from the next run on; the person is told by mail.")


def _key(work: _Work, named: str) -> str:
    """A key as a source writes it; raises :class:`NotPossible` for what is none."""
    source, colon, key = named.strip().partition(":")
    names = {s.name for s in work.settings.sources} | {"guests"}
    if not colon or source not in names or not key:
        raise NotPossible(
            f"« {named} » is nobody's login, and no key either: write <source>:<key>, with one of"
            f" {', '.join(sorted(names))}."
        )
    return f"{source}:{normalised(key)}"


def _ask(question: str, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)


def _preview_merge(db: Session, stays: Person, goes: Person) -> None:
    for label, found in (("stays", stays), ("closes", goes)):
        born = found.birth_date.isoformat() if found.birth_date else "birth date unknown"
        since = f"active since {found.activated_at:%d/%m/%Y}" if found.activated_at else "not activated"
        keys = ", ".join(keys_of(db, found))
        click.echo(
            f"  {label}: {found.login}  {found.display_name}, {born}, {found.population}, {since}  [{keys}]",
            err=True,
        )
    click.echo(f"  {goes.mail} becomes an alias of {stays.mail}.", err=True)


def _preview_split(db: Session, account: Person, key: str) -> None:
    leave = [a for a in account.affiliations if a.person_key == key]
    click.echo(f"  {account.login} keeps: {', '.join(k for k in keys_of(db, account) if k != key)}", err=True)
    for affiliation in leave:
        click.echo(
            f"  leaves: {affiliation.source} {affiliation.source_key} ({affiliation.population})", err=True
        )
