"""Compare, then write: the one who talks never decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.realm.diff import Edit, compare
from kc_bridge.realm.handlers import handlers
from kc_bridge.realm.resource import Resource

__all__ = ["apply", "plan"]


def plan(admin: KeycloakAdmin, realm: str, wanted: Iterable[Resource]) -> list[Edit]:
    """What :func:`apply` would write to the realm as it is now. Reads only."""
    by_kind = handlers(admin, realm)
    wanted = list(wanted)
    return compare(wanted, {resource.key: by_kind[resource.kind].read(resource.name) for resource in wanted})


def apply(admin: KeycloakAdmin, realm: str, edits: Iterable[Edit], report: Callable[[Edit], None]) -> None:
    """Writes each edit, telling ``report`` once it is written.

    A failure leaves the earlier ones written; running again goes on from there.
    """
    by_kind = handlers(admin, realm)
    for edit in edits:
        handler, name = by_kind[edit.resource.kind], edit.resource.name
        handler.create(name, edit.after) if edit.before is None else handler.update(
            name, edit.before, edit.after
        )
        report(edit)
