"""Where the demo's parts are: ports, addresses, settings and what is printed about them. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from kc_bridge.demo.ent import CLIENT_ID

__all__ = ["REALM", "Layout", "Ports"]

REALM = "univ-demo"


@dataclass(frozen=True)
class Ports:
    """TCP ports of the demo, all on the loopback address."""

    keycloak: int = 8080
    bridge: int = 8000
    ent: int = 8001
    mails: int = 8025
    smtp: int = 2525
    management: int = 9000
    """Keycloak's health port."""

    @classmethod
    def starting_at(cls, first: int) -> Ports:
        """Six consecutive ports."""
        return cls(*range(first, first + len(fields(cls))))

    def named(self) -> dict[str, int]:
        """Port of each part."""
        return asdict(self)


@dataclass(frozen=True)
class Layout:
    """Everything that follows from the ports and the demo's folder."""

    ports: Ports
    folder: Path
    """``.demo``, absolute."""
    admin_password: str
    """Of Keycloak's administrator ``admin``."""
    profile: str = "default"
    """University profile: a shipped name, or the absolute path of a TOML file."""
    by_mail: bool = True
    """False where people activate their accounts by number alone."""

    @property
    def keycloak(self) -> str:
        return f"http://localhost:{self.ports.keycloak}"

    @property
    def bridge(self) -> str:
        return f"http://localhost:{self.ports.bridge}"

    @property
    def ent(self) -> str:
        return f"http://localhost:{self.ports.ent}"

    @property
    def mails(self) -> str:
        return f"http://localhost:{self.ports.mails}"

    @property
    def issuer(self) -> str:
        return f"{self.keycloak}/realms/{REALM}"

    def settings_toml(self, secret_key: str) -> str:
        """The settings every kc-bridge process of the demo reads."""
        return f"""\
# Written by « kcb demo » at each start: copy it to begin your own, changes here are lost.
public_url = "{self.bridge}"
database_url = "sqlite:///{self.folder}/kcb.db"
secret_key = "{secret_key}"
realm = "{REALM}"
profile = "{self.profile}"
keycloak_public_url = "{self.keycloak}"
keys_dir = "keys"
sync_every = "PT30S"
outbox_every = "PT1S"
default_application = "{CLIENT_ID}"

[smtp]
host = "127.0.0.1"
port = {self.ports.smtp}
sender = "ne-pas-repondre@univ-demo.fr"

[[sources]]
name = "apogee"
kind = "csv"
path = "people.csv"
mapping = "apogee"
populations = ["student"]

[[sources]]
name = "staff"
kind = "csv"
path = "staff.csv"
mapping = "staff"
populations = ["staff", "guest"]

[applications.{CLIENT_ID}]
name = "ENT démo"
login_url = "{self.ent}/connexion"
"""

    def urls(self) -> dict[str, object]:
        """Content of ``urls.json``, for scripts and tests."""
        return {
            "ent": f"{self.ent}/",
            "mails": f"{self.mails}/",
            "mails_json": f"{self.mails}/mails.json",
            "bridge": f"{self.bridge}/",
            "keycloak": f"{self.keycloak}/",
            "console": f"{self.keycloak}/admin/master/console/#/{REALM}/authentication/required-actions",
            "admin": {"username": "admin", "password": self.admin_password},
            "realm": REALM,
            "issuer": self.issuer,
            "smtp": {"host": "127.0.0.1", "port": self.ports.smtp},
            "settings": str(self.folder / "kcb.toml"),
            "try": self.try_this(),
        }

    def try_this(self) -> list[str]:
        """What a newcomer does first, in order."""
        here = self.folder.name
        by_mail = f"open Camille's mail at {self.mails}/?q=camille.oconnor and follow its link."
        by_number = f"{self.bridge}/identification, student number 22600001, born 29/02/2008."
        return [
            f"Activate an account: {by_mail if self.by_mail else by_number}",
            f"Sign in to the application: {self.ent}/",
            f"See and change what the account holds: {self.bridge}/compte",
            f"Enrol somebody: add a line to {here}/people.csv with a new number; the mail is there within a minute.",
            f"See what a sync would change: KCB_CONFIG={here}/kcb.toml .venv/bin/kcb sync plan",
            f"Check the installation: KCB_CONFIG={here}/kcb.toml .venv/bin/kcb doctor",
            "Start again from nothing: stop the demo, then rm -r .demo",
        ]

    def table(self) -> str:
        """The addresses and the « try this » lines as printed at the end of the start."""
        rows = [
            ("ENT démo", f"{self.ent}/", "the application students want to reach"),
            ("Mails", f"{self.mails}/", "every mail the demo sends"),
            ("kc-bridge", f"{self.bridge}/", "first connection, help, « Mon compte »"),
            ("Keycloak console", f"{self.keycloak}/admin/", f"admin / {self.admin_password}"),
        ]
        lines = [f"  {name:<18}{address:<32}{what}" for name, address, what in rows]
        steps = [f"  {number}. {text}" for number, text in enumerate(self.try_this(), 1)]
        return "\n".join(["", *lines, "", "Try this:", *steps, ""])
