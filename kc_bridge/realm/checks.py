"""Checks of what is on our own side: keys, mail relay, database; each looks at one thing and says what to do."""

from __future__ import annotations

import stat
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from kc_bridge.adapters.smtp import probe
from kc_bridge.domain import plugins
from kc_bridge.domain.errors import MailUnavailable
from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.realm.keys import key_files, load_signing_key
from kc_bridge.realm.setup import SIGNING_CLIENTS
from kc_bridge.store.database import check_schema, open_engine
from required_actions.profile_check import checked, in_short

__all__ = ["database", "mail_relay", "plug_ins", "private_keys", "profile"]


def private_keys(installation: Installation) -> Finding:
    """Each client has a key, and nobody but its owner can read it."""
    folder = installation.settings.keys_dir
    for client in SIGNING_CLIENTS:
        load_signing_key(folder, client)
    files = [path for client in SIGNING_CLIENTS for path in key_files(folder, client)]
    exposed = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if exposed:
        names = " ".join(map(str, exposed))
        return Finding("fail", f"others can read {names}", f"chmod 600 {names}; then kcb keys rotate, twice")
    return Finding("ok", f"{len(files)} in {folder}")


def mail_relay(installation: Installation) -> Finding:
    """The relay greets us. No mail is sent."""
    smtp = installation.settings.smtp
    try:
        probe(smtp)
    except MailUnavailable as error:
        return Finding("fail", str(error), "Correct the [smtp] settings, or ask who runs the relay.")
    return Finding("ok", f"{smtp.host}:{smtp.port}")


def database(installation: Installation) -> Finding:
    """The database answers and has the schema this program works with."""
    url = make_url(installation.settings.database_url)
    shown = url.render_as_string(hide_password=True)
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not Path(file).exists():  # opening it would make it
        return Finding("fail", f"{shown} does not exist", "Run: kcb db upgrade")
    try:
        check_schema(open_engine(installation.settings.database_url))
    except SQLAlchemyError as error:
        return Finding(
            "fail", f"{shown}: {type(error).__name__}", "Start the database, or correct database_url."
        )
    return Finding("ok", shown)


def profile(installation: Installation) -> Finding:
    """The university's file says what can be done; all its faults are named at once."""
    name = installation.settings.profile
    return Finding("ok", f"{name}: {in_short(checked(name))}")


def plug_ins(_installation: Installation) -> Finding:
    """What other packages add can be loaded; a package that cannot is named by the error."""
    groups = (plugins.STEPS, plugins.SOURCES, plugins.RULES, plugins.PROFILES)
    found = [
        f"{group.rpartition('.')[2]}: {', '.join(names)}"
        for group in groups
        if (names := plugins.load(group))
    ]
    return Finding("ok", "; ".join(found) or "none")
