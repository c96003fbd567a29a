"""Every setting of kc-bridge, typed; the docstring under each is its reference.

Read from, in this order of precedence: environment variables (``KCB_DATABASE_URL``), then the TOML file named by
``KCB_CONFIG`` (default ``kcb.toml`` in the working directory), then the defaults below.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kc_bridge.channels.settings import LdapWriteback, Webhook

__all__ = ["Application", "Settings", "SmtpSettings", "SourceSettings", "config_file", "load"]


class SmtpSettings(BaseModel):
    """Where mails leave from."""

    host: str = "localhost"
    """SMTP relay of the university."""
    port: int = Field(25, ge=1, le=65535)
    """Port of the relay."""
    security: Literal["none", "starttls", "tls"] = "none"
    """Protection of the connection; ``none`` is for a relay on the same machine."""
    username: str | None = None
    """Account at the relay, if it asks for one."""
    password: SecretStr | None = None
    """Password of that account."""
    timeout: timedelta = timedelta(seconds=15)
    """How long one delivery may take before it is retried later."""
    sender: str = "ne-pas-repondre@univ-demo.fr"
    """Address in ``From:``; people must recognise it."""


class Application(BaseModel):
    """An application people go to once their account works."""

    name: str
    """Name shown to people."""
    login_url: str
    """Its login-*starting* address: the application makes its own ``state`` there, and SSO does the rest."""


class SourceSettings(BaseModel):
    """One source of enrolment records, owning the populations it names."""

    name: str
    """Stable name; affiliations remember which source they came from. ``keycloak`` stands for no source at all."""
    kind: str = "csv"
    """``csv``, ``sql``, ``ldap``, or one a plug-in brings (docs/sources.md)."""
    path: Path | None = None
    """File to read, or a pattern of several, for file sources; relative paths start at the configuration file."""
    mapping: str = "apogee"
    """Name of a shipped column mapping, or path of a ``.toml`` one; relative paths start at the configuration file."""
    populations: list[str] = ["student"]
    """Populations this source has authority over."""
    options: dict[str, Any] = {}
    """What a source of that kind wants to know besides; each has a model that checks it."""

    @field_validator("name")
    @classmethod
    def _not_that_of_people_without_source(cls, name: str) -> str:
        if name == "keycloak":
            raise ValueError("« keycloak » begins the keys of people no source names: choose another name")
        return name


class Settings(BaseSettings):
    """Settings of every kc-bridge process."""

    model_config = SettingsConfigDict(env_prefix="KCB_", env_nested_delimiter="__", extra="forbid")

    public_url: str = "http://localhost:8000"
    """Address of the bridge as browsers see it, without a trailing slash. Mailed links start with it: the request's
    ``Host`` is never used."""
    database_url: str = "sqlite:///kcb.db"
    """SQLAlchemy address of the bridge's database (SQLite or PostgreSQL)."""
    secret_key: SecretStr = SecretStr("")
    """Signs CSRF tokens and hides the names limits are counted under; at least 32 characters, the same for every
    process. ``kcb setup`` never changes it."""

    realm: str = "univ-demo"
    """The Keycloak realm this bridge serves."""
    profile: str = "default"
    """University profile: name of a shipped one or path of a ``.toml`` file; relative paths start at the configuration
    file."""
    keycloak_public_url: str = "http://localhost:8080"
    """Keycloak as browsers see it; the issuer of every token starts with it."""
    keycloak_internal_url: str | None = None
    """Keycloak as the bridge reaches it; default: the public address."""
    keycloak_timeout: timedelta = timedelta(seconds=10)
    """How long one call to Keycloak may take."""
    keys_dir: Path = Path("keys")
    """Folder of the clients' private keys (``kcb keys``), readable by the bridge's account only."""

    smtp: SmtpSettings = SmtpSettings()
    sources: list[SourceSettings] = []
    """Where enrolment records come from."""
    sync_every: timedelta = timedelta(seconds=30)
    """Interval of the scheduled sync: a run that finds nothing to do costs little more than reading the files, so that
    a new row is a user and a mail within the minute. People are promised 15."""
    sync_takeover_after: timedelta = Field(timedelta(seconds=30), ge=timedelta(seconds=1))
    """On PostgreSQL a sync that gives no sign of life for this long is relieved by another process; nothing it does
    later counts. (Beside SQLite all processes are on one machine: a dead one holds nothing.)"""
    approval_lifetime: timedelta = Field(timedelta(hours=24), gt=timedelta(), le=timedelta(days=31))
    """How long the approval of a refused plan waits for a run with that very plan."""
    metrics_port: int | None = Field(None, ge=1, le=65535)
    """Port on which ``kcb scheduler`` answers Prometheus (docs/metrics.md names the figures); unset: on none."""
    metrics_host: str = "127.0.0.1"
    """Address it listens on; figures are no secret, yet nobody's but the monitoring's."""
    sync_parallel: int = Field(4, ge=1, le=32)
    """How many requests of the sync Keycloak gets at a time, at most; fewer while it is slow or asks for less."""
    directory: Literal["batch", "admin"] = "batch"
    """How the sync writes users: ``batch``, by many at a time through kc-bridge's JAR; ``admin``, one by one through the
    plain Admin API where the JAR cannot be installed: slower, and without protection against a run that lost its turn."""
    outbox_every: timedelta = timedelta(seconds=5)
    """Interval at which waiting mails are sent."""
    housekeeping_every: timedelta = timedelta(minutes=15)
    """Interval of everything else: provisional passwords that have ended, notices before accounts close."""
    notices_per_hour: int = Field(2000, ge=1, le=1_000_000)
    """How many notices of closing accounts leave in an hour: 30,000 in one morning look like spam to every relay on their
    way. They wait for the mails people wait for."""
    scolpass_valid_days: int = Field(14, ge=0, le=90)
    """Days after which a printed provisional password ends, at 23:59; ``kcb scolpass --valid-days`` says otherwise."""
    breached_passwords: Path | None = None
    """Passwords nobody may choose because they were stolen elsewhere: the SHA-1 list of Have I Been Pwned « ordered by
    hash », in one file on this machine (how to get it: docs/security.md). Relative paths start at the configuration
    file. Without it only the 30,000 most used passwords are known."""

    ldap_writeback: LdapWriteback | None = None
    """A directory to keep informed of people's choices and of the state of their accounts; its settings are in
    :class:`kc_bridge.channels.settings.LdapWriteback`."""
    webhooks: list[Webhook] = []
    """Who is told what happens to accounts; :class:`kc_bridge.channels.settings.Webhook`."""

    applications: dict[str, Application] = {}
    """Registry of applications by Keycloak client id."""
    default_application: str | None = None
    """Client id of the application people are sent to when their login began in none (the ENT)."""

    session_idle: timedelta = Field(timedelta(minutes=15), le=timedelta(hours=1))
    """A wizard without a request for this long ends; waiting pages count as activity."""
    session_absolute: timedelta = Field(timedelta(minutes=60), le=timedelta(hours=12))
    """A wizard ends after this long in any case; Keycloak's ticket lives as long."""
    link_opening_lifetime: timedelta = Field(timedelta(minutes=5), le=timedelta(minutes=10))
    """Life of the Keycloak action token minted when a mailed link is opened; it is used at once by the browser."""
    identify_ceiling: int = Field(600, ge=1)
    """How often, in five minutes, all people together may try a number and a birth date; a flood is held beyond it."""
    trusted_proxies: int = Field(0, ge=0, le=5)
    """How many reverse proxies stand in front; ``X-Forwarded-*`` of any other is ignored."""
    timezone: str = "Europe/Paris"
    """Zone in which « until 23:59 » and 31 December are meant."""
    log_format: Literal["console", "json"] = "console"
    """``json`` for log collectors."""

    @field_validator("public_url", "keycloak_public_url", "keycloak_internal_url")
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else value

    @model_validator(mode="after")
    def _known_default_application(self) -> Settings:
        if self.default_application and self.default_application not in self.applications:
            raise ValueError(f"default_application « {self.default_application} » is not in [applications]")
        return self

    @field_validator("webhooks")
    @classmethod
    def _one_name_each(cls, webhooks: list[Webhook]) -> list[Webhook]:
        names = [webhook.name for webhook in webhooks]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two webhooks are called « {min(repeated)} »")
        return webhooks

    @model_validator(mode="after")
    def _no_echo(self) -> Settings:
        """A state the bridge writes, read back as the end of a contract, would keep that end for ever."""
        for source in self.sources:
            if self.ldap_writeback and source.kind == "ldap" and set(source.populations) != {"student"}:
                read = (str(source.options.get("url", "")), str(source.options.get("resource", "COMPTE")))
                if self.ldap_writeback.writes_state_of(*read):
                    raise ValueError(
                        f"source « {source.name} » reads the supannRessourceEtatDate that [ldap_writeback] writes:"
                        " name another resource in one of the two, or take that attribute out of what is written"
                    )
        return self

    @property
    def issuer(self) -> str:
        """``iss`` of every token of the realm."""
        return f"{self.keycloak_public_url}/realms/{self.realm}"

    @property
    def keycloak_url(self) -> str:
        """Address for the back channel."""
        return self.keycloak_internal_url or self.keycloak_public_url

    @property
    def secure(self) -> bool:
        """True when browsers reach the bridge by https."""
        return self.public_url.startswith("https://")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


def config_file() -> Path:
    """Path of the TOML file, whether or not it exists."""
    return Path(os.environ.get("KCB_CONFIG", "kcb.toml"))


def load(**overrides: object) -> Settings:
    """Reads the settings; relative paths are resolved against the configuration file's folder.

    Raises ``pydantic.ValidationError`` naming every wrong setting.
    """
    settings = Settings(**overrides)  # type: ignore[arg-type]
    base = config_file().absolute().parent
    settings.keys_dir = base / settings.keys_dir
    if settings.profile.endswith(".toml"):
        settings.profile = str(base / settings.profile)
    if settings.breached_passwords is not None:
        settings.breached_passwords = base / settings.breached_passwords
    for source in settings.sources:
        if source.path is not None:
            source.path = base / source.path
        if source.mapping.endswith(".toml"):
            source.mapping = str(base / source.mapping)
        for name, value in source.options.items():
            if name.endswith("_file") and isinstance(value, str):
                source.options[name] = str(base / value)
    told = [*settings.webhooks, *([settings.ldap_writeback] if settings.ldap_writeback else [])]
    for server in told:
        for name in ("ca_file", "password_file", "secret_file"):
            if getattr(server, name, None) is not None:
                setattr(server, name, base / getattr(server, name))
    return settings
