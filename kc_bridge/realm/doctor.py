"""``kcb doctor``: looks at the whole installation, changes nothing, and says what to do about each fault."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import click

from kc_bridge.domain.errors import BridgeError
from kc_bridge.realm import (
    checks,
    keycloak_checks,
    password_checks,
    promise_checks,
    realm_checks,
    sync_checks,
    told_checks,
)
from kc_bridge.realm.finding import Check, Finding, Installation, failure

__all__ = ["CHECKS", "as_json", "as_text", "examine"]

Named = tuple[str, Finding]
COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
INDENT = " " * 24

CHECKS: dict[str, Check] = {
    "private keys": checks.private_keys,
    "public address": keycloak_checks.public_address,
    "internal address": keycloak_checks.internal_address,
    "server version": keycloak_checks.server_version,
    "JAR version": keycloak_checks.jar_version,
    "clock": keycloak_checks.clock,
    "mail relay": checks.mail_relay,
    "directory": told_checks.directory,
    "webhooks": told_checks.webhooks,
    "database": checks.database,
    "plug-ins": checks.plug_ins,
    "profile": checks.profile,
    "row to mail": promise_checks.enrolment_to_mail,
    "last sync": sync_checks.last_run,
    "realm settings": realm_checks.realm_settings,
    "login pages": realm_checks.login_pages,
    "steps": realm_checks.steps,
    "client scopes": realm_checks.scopes,
    "password policy": password_checks.password_policy,
}
NEEDS_ADMIN = frozenset({"login pages", "steps", "client scopes", "password policy"})
"""Left out without an administrator; « realm settings » says so for all."""


def examine(installation: Installation) -> Iterator[Named]:
    """Runs every check; one that cannot be made is a failure, and the others still run."""
    for name, check in CHECKS.items():
        if installation.admin is None and name in NEEDS_ADMIN:
            continue
        try:
            yield name, check(installation)
        except BridgeError as error:
            yield name, failure(error)


def as_text(name: str, finding: Finding) -> str:
    """One finding as people read it."""
    first, *more = finding.detail.splitlines()
    level = click.style(f"{finding.level:<5}", fg=COLOURS[finding.level])
    lines = [f"{level} {name:<17} {first}", *(INDENT + line for line in more)]
    if finding.remedy:
        lines.append(f"{INDENT}→ {finding.remedy}")
    return "\n".join(lines)


def as_json(found: Iterable[Named]) -> str:
    """Every finding for programs: a list of ``{check, level, detail, remedy}``."""
    return json.dumps(
        [{"check": n, "level": f.level, "detail": f.detail, "remedy": f.remedy} for n, f in found],
        ensure_ascii=False,
        indent=2,
    )
