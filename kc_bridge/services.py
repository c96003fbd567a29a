"""What the bridge works with, made once per process; in Flask, reachable from the current application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import current_app

from kc_bridge.adapters.backchannel import BackChannel
from kc_bridge.adapters.breached_passwords import BreachedPasswords
from kc_bridge.adapters.oidc import Oidc
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.settings import Settings
from kc_bridge.store.database import SessionFactory, check_schema, open_engine, session_factory

__all__ = ["Services", "build", "services"]

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


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """The parts, from the settings.

    Raises :class:`kc_bridge.domain.errors.ConfigurationError`: a database of another schema, a wrong profile.
    """
    engine = open_engine(settings.database_url)
    check_schema(engine)
    realm_keys = RealmKeys(settings)
    breached = settings.breached_passwords
    return Services(
        settings=settings,
        profile=load_profile(settings.profile),
        sessions=session_factory(engine),
        clock=clock or system_clock,
        backchannel=BackChannel(settings),
        realm_keys=realm_keys,
        oidc=Oidc(settings, realm_keys),
        breached_passwords=BreachedPasswords(breached) if breached else None,
    )


def services() -> Services:
    """The services of the current application."""
    found: Services = current_app.extensions[EXTENSION]
    return found
