"""``kcb scolpass``: sheets to print."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import or_, select

from kc_bridge.domain.errors import BridgeError, KeycloakUnavailable
from kc_bridge.services import Services, build
from kc_bridge.settings import load
from kc_bridge.store.models import Person
from required_actions.named import FAILED, PARTIAL, Refused, find, lines, operator, told
from required_actions.scolpass.printing import may_be_printed, renew, valid_until
from required_actions.scolpass.sheet import Sheets
from required_actions.scolpass.words import BITS

__all__ = ["scolpass"]


@click.command(
    epilog=f"Passwords have {BITS:.0f} bits of chance, open the activation only, and are nowhere but in the file."
)
@click.argument("logins", nargs=-1)
@click.option(
    "--from", "listed", type=click.File(), help="File of identifiers, one a line; « - »: standard input."
)
@click.option("--population", help="Everybody of this population; with --not-activated.")
@click.option("--not-activated", is_flag=True, help="Those who have not activated their account.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default="scolpass.html", show_default=True,
    help="The file to print, readable by you alone.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace that file.")
@click.option(
    "--valid-days", type=click.IntRange(0, 90), help="Until 23:59 of that day [default: from the settings]."
)
@click.option("--by", metavar="NAME", help="Who asks for them, beside the account you are logged in with.")
def scolpass(
    logins: tuple[str, ...],
    listed: TextIO | None,
    population: str | None,
    not_activated: bool,
    output: Path,
    force: bool,
    valid_days: int | None,
    by: str | None,
) -> None:
    """Print SCOL'PASS sheets: identifier and provisional password, one person a page.

    For accounts never activated, or reset. Each sheet ends the one printed before for the same person. Print the file
    and delete it.

    Exit codes: 0 all of them, 1 none, 3 some.
    """
    if bool(population) != not_activated:
        raise click.UsageError("Use --population and --not-activated together.")
    kcb = build(load())
    names = [*logins, *lines(listed or [])]
    found, refused = find(kcb, names, lambda person: may_be_printed(person, kcb.profile, kcb.today()))
    if population:
        found = list({p.id: p for p in [*found, *_waiting(kcb, population)]}.values())
    if not names and not found:
        raise click.UsageError("Nobody to print a sheet for: name accounts, a file (--from) or a population.")
    days = kcb.settings.scolpass_valid_days if valid_days is None else valid_days
    printed = _print(kcb, found, refused, output, force=force, days=days, actor=operator(by)) if found else 0
    for name, reason in refused:
        click.secho(f"{name}: no sheet: {reason}", fg="red", err=True)
    if printed:
        click.echo(
            f"{printed} {'sheet' if printed == 1 else 'sheets'} in {output}: print the file, then delete it."
        )
    sys.exit(0 if not refused else PARTIAL if printed else FAILED)


def _waiting(kcb: Services, population: str) -> list[Person]:
    wanted = select(Person).where(
        Person.population == population,
        Person.activated_at.is_(None),
        Person.keycloak_id.is_not(None),
        or_(Person.account_end.is_(None), Person.account_end >= kcb.today()),
    )
    with kcb.sessions() as db:
        return list(db.scalars(wanted.order_by(Person.last_name, Person.first_name, Person.login)))


def _print(
    kcb: Services,
    people: list[Person],
    refused: list[Refused],
    output: Path,
    *,
    force: bool,
    days: int,
    actor: str,
) -> int:
    """Page by page, so that whoever has a new password has a page, whatever stops the rest."""
    sheets, printed = Sheets(kcb), 0
    until = valid_until(days, kcb.clock(), kcb.settings.timezone)
    with _private(output, force) as file, _progress() as progress:
        bar = progress.add_task("Sheets", total=len(people))
        file.write(sheets.head())
        for number, person in enumerate(people, start=1):
            try:
                file.write(sheets.page(renew(kcb, person.id, until, actor=actor)))
                file.flush()
                printed += 1
            except KeycloakUnavailable as error:
                left = len(people) - number
                more = f" ({left} more not tried)" if left else ""
                refused.append((person.login, told(error) + more))
                break
            except BridgeError as error:
                refused.append((person.login, told(error)))
            progress.advance(bar)
        file.write(sheets.foot())
    if not printed:
        output.unlink()
    return printed


def _private(path: Path, force: bool) -> TextIO:
    """The file, new or emptied, for its owner's eyes; opened before any account changes."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise click.ClickException(
            f"{path} is there already: print it and delete it, or use --force."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")


def _progress() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)
