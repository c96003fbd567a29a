"""A directory of a French university on a real OpenLDAP, and the people in it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.certificates import authority
from tests.support.slapd import PEOPLE, SERVICE, SERVICE_PASSWORD, SUPANN, Slapd

__all__ = ["SupannDirectory", "l1"]

CLASSES = ["inetOrgPerson", "supannPerson", "eduPerson", "schacPersonalCharacteristics", "mailRecipient"]


def l1(year: int = 2026, stage: str = "L1INFO") -> str:
    """An enrolment, as SUPANN writes it."""
    return (
        f"[etab={{UAI}}0751717J][anneeinsc={year}][regimeinsc={{SISE}}10][sectdisc={{SISE}}39][typedip={{SISE}}03]"
        f"[cursusann={{SUPANN}}L1][etape={{UAI:0751717J}}{stage}]"
    )


class SupannDirectory:
    """A slapd with SUPANN's schema and TLS; :attr:`options` are those of whoever reads or writes it."""

    def __init__(self, folder: Path, **slapd: Any) -> None:
        believed = authority("the university's")
        self.slapd = Slapd(schemas=[SUPANN], vouched_by=believed, **slapd)
        (folder / "password").write_text(SERVICE_PASSWORD)
        self._access = {
            "bind_dn": SERVICE,
            "password_file": str(folder / "password"),
            "ca_file": str(believed.write(folder)),
        }
        self._uids: list[str] = []

    @property
    def options(self) -> dict[str, Any]:
        return {"url": self.slapd.tls_url, "base": PEOPLE, **self._access}

    def start(self) -> None:
        self.slapd.start()

    def stop(self) -> None:
        self.slapd.stop()

    def clear(self) -> None:
        """Nobody is left."""
        for uid in self._uids:
            self.slapd._client(("ldapdelete", self.dn(uid)), SERVICE, SERVICE_PASSWORD)
        self._uids.clear()

    def dn(self, uid: str) -> str:
        return f"uid={uid},{PEOPLE}"

    def student(self, uid: str, **more: list[str]) -> str:
        values = {"eduPersonAffiliation": ["student", "member"], "supannEtuInscription": [l1()]}
        return self.person(uid, **values | more)

    def staff(self, uid: str, **more: list[str]) -> str:
        return self.person(uid, **{"eduPersonAffiliation": ["employee", "member"]} | more)

    def person(self, uid: str, **more: list[str]) -> str:
        """An entry, with at least a name; answers its DN."""
        values = {"uid": [uid], "cn": [f"Marie {uid}"], "sn": ["MARTIN"], "givenName": ["Marie"]}
        self._uids.append(uid)
        return self.slapd.add(self.dn(uid), values | {"objectClass": CLASSES} | more)

    def now(self) -> str:
        """The ``modifyTimestamp`` of what is written now."""
        return f"{datetime.now(UTC):%Y%m%d%H%M%S}Z"

    def let_a_second_pass(self, mark: str) -> None:
        """Until the server would give a later ``modifyTimestamp`` than ``mark``."""
        while self.now() <= mark:
            time.sleep(0.02)
