"""22. Nothing of what people tell us or hold is in a log: the real server, whole journeys, faults and refusals."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from kc_bridge.store.models import Identifier, Person
from tests.integration.kcb_realm import KcbRealm, make_realm
from tests.support.activation import FINISHED, choose, handoff_claims, to_password
from tests.support.identify import short_profile
from tests.support.sabotaged import TRIGGER
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.stolen_passwords import sha1, write_list
from tests.support.visitor import COOKIE
from tests.support.walker import Walker

BORN = date(1903, 2, 17)
WEAK = "canari-faible"
GUESSABLE = "Canari7!Canari7!Canari7!"
STOLEN = "Volière-8-jaune-plumage"


class Gunicorn:
    """The bridge as it runs for people, in a process of its own, all it says kept."""

    def __init__(self, stack: Stack, folder: Path, log_format: str) -> None:
        settings = stack.realm.settings
        self.log = folder / f"{log_format}.log"
        values = {
            name: getattr(settings, name)
            for name in ("public_url", "database_url", "realm", "keycloak_public_url", "keys_dir", "profile")
        }
        values["breached_passwords"] = settings.breached_passwords
        applications = {name: one.model_dump() for name, one in settings.applications.items()}
        values |= {
            "secret_key": settings.secret_key.get_secret_value(),
            "applications": json.dumps(applications),
            "default_application": settings.default_application,
            "log_format": log_format,
        }
        address = f"127.0.0.1:{urlsplit(stack.url).port}"
        environment = {f"KCB_{name.upper()}": str(value) for name, value in values.items()}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.sabotaged", "--workers", "1", "--bind", address],
                env=os.environ | environment | {"KCB_CONFIG": str(folder / "none.toml")},
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).parents[2],
            )
        self._wait(f"{stack.url}/healthz")

    def _wait(self, url: str) -> None:
        for _attempt in range(600):
            try:
                if requests.get(url, timeout=5).ok:
                    return
            except requests.RequestException:
                time.sleep(0.2)
            assert self._process.poll() is None, self.log.read_text()
        raise AssertionError(self.log.read_text())

    def stop(self) -> str:
        """Ends it; what it said."""
        self._process.terminate()
        self._process.wait(60)
        return self.log.read_text("utf-8", "replace")


@pytest.fixture(scope="module")
def own_stack(keycloak: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose bridge gives its port up to the real server."""

    def make(**settings: Any) -> KcbRealm:
        return make_realm(keycloak, tmp_path_factory.mktemp("realm"), **settings)

    folder = tmp_path_factory.mktemp("stack")
    stack = start_stack(
        make,
        folder,
        profile=short_profile(folder),
        breached_passwords=write_list(folder / "stolen.txt", [STOLEN]),
    )
    stack.stops.pop(1)()
    stack.realm.call("PUT", "events/config", {"eventsEnabled": True, "adminEventsEnabled": True})
    yield stack
    stack.stop()
    stack.realm.delete()


def somebody(stack: Stack, ine: str) -> Person:
    person = stack.person()
    with stack.services.sessions.begin() as db:
        known = db.get_one(Person, person.id)
        known.birth_date = BORN
        known.identifiers.append(Identifier(kind="ine", value=ine))
    return person


def identified(stack: Stack) -> str:
    """Gives a number and birth dates, wrong, right and too often; the number."""
    number = f"{secrets.randbelow(10**9):09}YY"
    somebody(stack, number)
    statuses = []
    for born in ("16/02/1903", "17 02 1903", "17/02/1903", "16/02/1903", "16/02/1903", "17/02/1903"):
        walker = Walker()
        page = walker.send(walker.get(f"{stack.url}/identification/ine"), number=number, birth_date=born)
        statuses.append(page.status)
    assert statuses == [422, 200, 200, 422, 422, 429]
    return number


def journey(stack: Stack) -> dict[str, str]:
    """Goes through everything that can go right or wrong; all the secrets that were in play."""
    ine = f"{secrets.randbelow(10**9):09}ZZ"
    person, walker = somebody(stack, ine), Walker()
    link = stack.mail_link(person)
    page = to_password(walker, link)
    cookie = walker.http.cookies.get(COOKIE) or ""
    arrival = next(url for url in walker.trail if "handoff=" in url)
    ticket = handoff_claims(walker)["ticket"]
    broken = choose(walker, page, f"{TRIGGER}{GOOD_PASSWORD}")
    assert broken.status == 500
    refused = walker.get(f"{stack.url}/activation/new-password")
    for weak in (WEAK, GUESSABLE, STOLEN):
        refused = choose(walker, refused, weak)
        assert refused.status == 422
    assert Walker().get(arrival).status == 400
    assert choose(walker, refused).title == FINISHED
    left = walker.get(f"{stack.url}/activation/leave", stop=lambda url: "kcb_proof=" in url).location
    assert walker.get(left).url.startswith(stack.ent_url)
    assert walker.get(link).status == 410
    number = identified(stack)
    asking = Walker()
    asking.get(f"{stack.url}/oidc/silent?state={GOOD_PASSWORD}&code={ine}")
    asking.get(f"{stack.url}/{ine}?born={BORN}")
    return {
        "password": GOOD_PASSWORD,
        "password that met the fault": TRIGGER,
        "weak password": WEAK,
        "guessable password": GUESSABLE,
        "stolen password": STOLEN,
        "digest of the stolen password": sha1(STOLEN),
        "link token": link.rpartition("/")[2],
        "handoff": parse_qs(urlsplit(arrival).query)["handoff"][0],
        "ticket": ticket,
        "proof": parse_qs(urlsplit(left).query)["kcb_proof"][0],
        "session": cookie,
        "INE": ine,
        "number given": number,
        "birth date": str(BORN),
        "birth date as a person writes it": f"{BORN:%d/%m/%Y}",
        "birth date with spaces": f"{BORN:%d %m %Y}",
        "personal mail": person.personal_mail or "",
        "university mail": person.mail,
    }


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_canary_sings(
    own_stack: Stack, keycloak: Any, tmp_path: Path, log_format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server = Gunicorn(own_stack, tmp_path, log_format)
    try:
        canaries = journey(own_stack)
    finally:
        said = server.stop()
    mailer = capfd.readouterr()

    assert "/l/<token>" in said
    assert "/identification/<kind>" in said
    assert "internal error" in said
    assert "sabotaged.py" in said  # the traceback is there, and says where
    assert all(len(canary) > 5 for canary in canaries.values())
    for kind, canary in canaries.items():
        assert canary not in said, kind
        assert canary not in mailer.out + mailer.err, kind
    if log_format == "json":
        lines = [line for line in said.splitlines() if line.startswith("{")]
        assert {json.loads(line)["event"] for line in lines} >= {
            "request",
            "internal error",
            "handoff refused",
        }

    kept = json.dumps(own_stack.realm.call("GET", "events", params={"max": 1000}))
    kept += json.dumps(own_stack.realm.call("GET", "admin-events", params={"max": 1000}))
    assert "kcb-charter" in kept
    kept += keycloak.log.read_text("utf-8", "replace")
    passwords = "password", "weak password", "guessable password", "stolen password"
    for kind in (*passwords, "link token", "handoff", "ticket", "proof", "session", "INE", "number given"):
        assert canaries[kind] not in kept, kind
