"""The rounds that work off the outbox besides mails, one a channel, for a scheduler that gives each a thread of its own."""

from __future__ import annotations

from collections.abc import Callable

from kc_bridge.channels.announcements import LDAP
from kc_bridge.channels.settings import LdapWriteback, Webhook
from kc_bridge.domain.clock import Clock
from kc_bridge.settings import Settings
from kc_bridge.store.database import SessionFactory

__all__ = ["rounds"]

Round = Callable[[], int]
"""Sends what is due; returns how many messages were taken."""


def rounds(settings: Settings, sessions: SessionFactory, clock: Clock) -> dict[str, Round]:
    """By channel: a directory and receivers of webhooks, as the settings have it."""
    found: dict[str, Round] = {}
    if settings.ldap_writeback is not None:
        found[LDAP] = _ldap(settings.ldap_writeback, settings.timezone, sessions, clock)
    for webhook in settings.webhooks:
        found[webhook.channel] = _webhook(webhook, sessions, clock)
    return found


def _ldap(settings: LdapWriteback, timezone: str, sessions: SessionFactory, clock: Clock) -> Round:
    def _round() -> int:
        from kc_bridge.adapters.ldap import LdapDirectory  # slow to import, and most have no use for it
        from kc_bridge.channels.ldap_writeback import write_back

        return write_back(settings, timezone, sessions, clock, lambda: LdapDirectory(settings))

    return _round


def _webhook(webhook: Webhook, sessions: SessionFactory, clock: Clock) -> Round:
    def _round() -> int:
        from kc_bridge.channels.webhooks import tell

        return tell(webhook, sessions, clock)

    return _round
