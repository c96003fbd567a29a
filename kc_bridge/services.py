"""What every request works with, made once per process and reachable from the current Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import current_app

from kc_bridge.adapters.backchannel import BackChannel
from kc_bridge.adapters.breached_passwords import BreachedPasswords
from kc_bridge.adapters.oidc import Oidc
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import Clock
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.settings import Settings
from kc_bridge.store.database import SessionFactory

__all__ = ["Services", "services"]

EXTENSION = "kc-bridge"


@dataclass(frozen=True)
class Services:
    """The parts the HTTP layer talks to."""

    settings: Settings
    profile: UniversityProfile
    sessions: SessionFactory
    clock: Clock
    backchannel: BackChannel
    realm_keys: RealmKeys
    oidc: Oidc
    breached_passwords: BreachedPasswords | None = None
    """None when the university keeps no such list."""

    def today(self) -> date:
        """The day it is at the university."""
        return local_date(self.clock(), self.settings.timezone)


def services() -> Services:
    """The services of the current application."""
    found: Services = current_app.extensions[EXTENSION]
    return found
