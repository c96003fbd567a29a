"""``kcb reset``: accounts to be validated again."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

import click

from kc_bridge.domain.errors import BridgeError
from kc_bridge.services import build
from kc_bridge.settings import load
from kc_bridge.store.models import Person
from required_actions import resets
from required_actions.address_checks import masked
from required_actions.backup_mails import may_bring_in
from required_actions.named import FAILED, PARTIAL, find, lines, operator, told

__all__ = ["reset"]


@click.command()
@click.argument("logins", nargs=-1)
@click.option(
    "--from", "listed", type=click.File(), help="File of identifiers, one a line; « - »: standard input."
)
@click.option("--reason", required=True, help="Why, for the audit: a ticket number, who asked and how.")
@click.option("--by", metavar="NAME", help="Who asks for it, beside the account you are logged in with.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def reset(
    logins: tuple[str, ...], listed: TextIO | None, reason: str, by: str | None, yes: bool, as_json: bool
) -> None:
    """Have accounts validated again: passwords and sessions end, nothing else is lost.

    Exit codes: 0 all of them, 1 none, 3 some.
    """
    kcb = build(load())
    names = [*logins, *lines(listed or [])]
    found, refused = find(kcb, names, lambda person: resets.may_be_reset(person, kcb.today()))
    if not found and not refused:
        raise click.UsageError("Name the accounts to reset, or a file of them (--from).")
    if found and not yes:
        _announce(found)
        click.confirm("Reset?", abort=True, err=True)
    done: list[dict[str, Any]] = []
    for person in found:
        try:
            resets.reset(kcb, person.id, actor=operator(by), reason=reason)
        except BridgeError as error:
            refused.append((person.login, told(error)))
        else:
            with kcb.sessions() as db:
                mailed = may_bring_in(db, db.get_one(Person, person.id))
            done.append({"login": person.login, "mail": mailed})
            if not as_json:
                click.echo(f"{person.login}: reset; {_next(person, mailed)}")
    if as_json:
        left = [{"login": login, "reason": reason} for login, reason in refused]
        click.echo(json.dumps({"reset": done, "refused": left}, ensure_ascii=False, indent=2))
    else:
        for login, reason in refused:
            click.secho(f"{login}: not reset: {reason}", fg="red", err=True)
    sys.exit(0 if not refused else PARTIAL if done else FAILED)


def _announce(people: list[Person]) -> None:
    click.echo(f"To be validated again ({len(people)}):", err=True)
    for person in people:
        since = f"active since {person.activated_at:%d/%m/%Y}" if person.activated_at else "not activated"
        click.echo(f"  {person.login}  {person.display_name}, {person.population}, {since}", err=True)
    click.echo(
        "Their password stops working and every session ends, now. Identifier, mail, choices and second factors stay.",
        err=True,
    )


def _next(person: Person, mailed: bool) -> str:
    if mailed and person.personal_mail:
        return f"the link to validate it again leaves for {masked(person.personal_mail)}"
    return f"no backup mail its owner has shown to read: print a sheet with  kcb scolpass {person.login}"
