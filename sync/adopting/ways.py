"""The ways by which a user of Keycloak may be somebody a source names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.numbers import normalised
from kc_bridge.domain.person import Identity
from kc_bridge.ports import HeldUser
from sync.adopting.plan import Way
from sync.people.identifiers import AccountNames

__all__ = ["Activity", "Ways", "activity", "said_by", "ways"]

USERNAME, EMAIL, FILE = "username", "email", "file"


@dataclass(frozen=True)
class Ways:
    """What ``--by`` asked for."""

    by_name: Mapping[str, Way]
    attributes: tuple[str, ...]
    """Of the users, to be read."""
    file: Mapping[str, str]
    """Key → id or username, of an operator's own file."""


def ways(asked: tuple[str, ...]) -> Ways:
    """From ``username``, ``email``, ``attribute=NAME`` or the path of a CSV file.

    Raises :class:`ConfigurationError`.
    """
    by_name: dict[str, Way] = {}
    attributes: list[str] = []
    listed: dict[str, str] = {}
    for way in asked:
        if way == USERNAME:
            by_name[USERNAME] = lambda user: [user.username.lower()]
        elif way == EMAIL:
            by_name[EMAIL] = lambda user: [user.email.lower()] if user.email else []
        elif way.startswith("attribute="):
            name = way.removeprefix("attribute=")
            attributes.append(name)
            by_name[f"attribute {name}"] = _attribute(name)
        else:
            listed |= _listed(Path(way))
            by_name[FILE] = lambda user: [user.user_id, user.username.lower()]
    return Ways(by_name, tuple(attributes), listed)


def _attribute(name: str) -> Way:
    return lambda user: [normalised(value) for value in user.attributes.get(name, ())]


def _listed(path: Path) -> dict[str, str]:
    """Columns ``key`` and ``id`` (Keycloak's, or the username), separated by a comma or a semicolon."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"--by {path}: {error.strerror}.",
            "Give username, email, attribute=NAME, or a CSV file of key and id.",
        ) from None
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    if not {"key", "id"} <= set(rows.fieldnames or ()):
        raise ConfigurationError(
            f"{path} has no columns « key » and « id ».", "Name them in its first line: key,id"
        )
    return {row["key"].strip(): row["id"].strip().lower() for row in rows if row["key"] and row["id"]}


def said_by(key: str, identity: Identity, given: AccountNames, asked: Ways) -> dict[str, frozenset[str]]:
    """What would be that person's, by way of matching."""
    number = key.partition(":")[2]
    numbers = {normalised(value) for value in (number, *(value for _, value in identity.identifiers))}
    names = {name for name in (given.uid, given.login) if name}
    said: dict[str, frozenset[str]] = {}
    for name in asked.by_name:
        if name == USERNAME:
            said[name] = frozenset({value.lower() for value in numbers} | names)
        elif name == EMAIL:
            mails = (given.mail, identity.personal_mail)
            said[name] = frozenset(mail.lower() for mail in mails if mail)
        elif name == FILE:
            said[name] = frozenset({asked.file[key]} if key in asked.file else ())
        else:
            said[name] = frozenset(numbers)
    return said


@dataclass(frozen=True)
class Activity:
    """What ``--active-when`` asked for."""

    tells: Callable[[HeldUser], bool]
    attributes: tuple[str, ...] = ()
    needs_password: bool = False


def activity(asked: str) -> Activity:
    """From ``password``, ``attribute=NAME``, ``attribute=NAME:VALUE``, ``all`` or ``none``. Raises :class:`ValueError`."""
    if asked == "password":
        return Activity(lambda user: bool(user.has_password), needs_password=True)
    if asked in {"all", "none"}:
        return Activity(lambda _user: asked == "all")
    if asked.startswith("attribute="):
        name, _, value = asked.removeprefix("attribute=").partition(":")
        return Activity(lambda user: _has(user, name, value), (name,))
    raise ValueError


def _has(user: HeldUser, name: str, value: str) -> bool:
    held = user.attributes.get(name, ())
    return value in held if value else any(held)
