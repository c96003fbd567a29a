"""Checks of whoever is told what happens to accounts: a directory, and receivers of webhooks."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from kc_bridge.realm.finding import Finding, Installation

__all__ = ["directory", "webhooks"]

UNCHECKED = Finding(
    "warn",
    "its certificate is not checked: anybody between can read and change what is said",
    "Name the authority in ca_file, and leave verify_certificate on.",
)


def directory(installation: Installation) -> Finding:
    """The directory lets us in and shows the branch people are in. Nothing is written."""
    settings = installation.settings.ldap_writeback
    if settings is None:
        return Finding("ok", "none is written to")
    from kc_bridge.adapters.ldap import LdapDirectory

    with LdapDirectory(settings) as opened:
        for _page in opened.search(settings.base, "(objectClass=*)", ["1.1"], "base"):
            pass
    unchecked = settings.protected and not settings.verify_certificate
    doubt = _exposed(filter(None, [settings.password_file])) or (UNCHECKED if unchecked else None)
    return doubt or Finding("ok", f"{settings.url}, {settings.base}")


def webhooks(installation: Installation) -> Finding:
    """Each receiver's secret is one, and nobody but its owner can read it. Nothing is sent."""
    found = installation.settings.webhooks
    if not found:
        return Finding("ok", "none")
    from kc_bridge.adapters.webhooks import secrets_of

    for webhook in found:
        secrets_of(webhook.secret_file)
    names = ", ".join(webhook.name for webhook in found)
    return _exposed(webhook.secret_file for webhook in found) or Finding("ok", names)


def _exposed(paths: Iterable[Path]) -> Finding | None:
    exposed = [str(path) for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if not exposed:
        return None
    names = " ".join(exposed)
    return Finding("fail", f"others can read {names}", f"chmod 600 {names}, and replace what they hold")
