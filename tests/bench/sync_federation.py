"""Keycloak's own way to bring people in from a directory: its LDAP federation, importing them for the first time."""

from __future__ import annotations

import subprocess
import time
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

from kc_bridge.ports import DirectoryUser
from tests.bench.sync_people import users
from tests.integration.kcb_realm import KcbRealm
from tests.support.federation import Federation
from tests.support.slapd import PEOPLE, SERVICE, SERVICE_PASSWORD, Slapd

__all__ = ["FEDERATION", "first_import"]

FEDERATION = "Keycloak's LDAP federation, first import"


def first_import(realm: KcbRealm, count: int) -> float:
    """Users per second from a real directory into ``realm``; the users go with the component afterwards."""
    slapd = Slapd()
    slapd.start()
    try:
        _fill(slapd, count)
        stack: Any = SimpleNamespace(realm=realm)
        federation = Federation.of(stack, slapd)
        path = f"user-storage/{federation.component['id']}/sync"
        begun = time.perf_counter()
        came = realm.call("POST", path, params={"action": "triggerFullSync"})
        took = time.perf_counter() - begun
        assert came["added"] == count, came
        realm.call("DELETE", f"components/{federation.component['id']}")
    finally:
        slapd.stop()
    return count / took


def _fill(slapd: Slapd, count: int) -> None:
    command = ["ldapadd", "-x", "-H", slapd.url, "-D", SERVICE, "-w", SERVICE_PASSWORD]
    entries = "\n".join(map(_entry, users(count)))
    subprocess.run(command, input=entries, text=True, check=True, stdout=subprocess.DEVNULL)


def _entry(user: DirectoryUser) -> str:
    (uid,) = user.attributes["uid"]
    return "\n".join(
        (
            f"dn: uid={uid},{PEOPLE}",
            "objectClass: inetOrgPerson",
            f"uid: {uid}",
            f"cn:: {_base64(user.attributes['displayName'][0])}",
            f"sn: {user.last_name}",
            f"givenName:: {_base64(user.first_name)}",
            f"mail: {user.email}",
            "",
        )
    )


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
