"""``kcb doctor`` on a real installation: sound, then with one fault after another."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from click.testing import CliRunner

from kc_bridge.cli import cli
from kc_bridge.domain.errors import BridgeError
from kc_bridge.realm.clients import WEB
from kc_bridge.realm.doctor import CHECKS, as_json, as_text, examine
from kc_bridge.realm.finding import Finding, Installation, failure
from kc_bridge.realm.keys import key_files
from kc_bridge.realm.server import inspect
from kc_bridge.settings import SmtpSettings
from tests.integration.kcb_realm import KcbRealm


@pytest.fixture(scope="module")
def relay() -> Iterator[SmtpSettings]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpSettings(host="127.0.0.1", port=port)
    controller.stop()


def look(installed: KcbRealm, admin: bool = True, **settings: Any) -> dict[str, Finding]:
    installation = Installation(
        installed.settings.model_copy(update=settings), installed.setup_admin if admin else None
    )
    return dict(examine(installation))


def finding_of(check: str, installed: KcbRealm, **settings: Any) -> Finding:
    """What one check says, the others left out: each costs a call or two."""
    try:
        return CHECKS[check](
            Installation(installed.settings.model_copy(update=settings), installed.setup_admin)
        )
    except BridgeError as error:
        return failure(error)


def faults(found: dict[str, Finding]) -> dict[str, str]:
    assert all(finding.remedy for finding in found.values() if finding.level != "ok")
    return {name: finding.level for name, finding in found.items() if finding.level != "ok"}


@pytest.fixture(scope="module")
def sound(realms: Any, relay: SmtpSettings) -> KcbRealm:
    made: KcbRealm = realms(smtp=relay, applications=())
    return made


def test_a_sound_installation(sound: KcbRealm) -> None:
    found = look(sound)
    assert faults(found) == {}
    assert found["server version"].detail.startswith("Keycloak 26.")
    assert found["clock"].detail == "same time"


def test_without_an_administrator_the_realm_is_not_compared(sound: KcbRealm) -> None:
    found = look(sound, admin=False)
    assert faults(found) == {"realm settings": "warn"}
    assert "KCB_ADMIN_USERNAME" in found["realm settings"].remedy


def test_the_internal_address_may_differ(sound: KcbRealm) -> None:
    internal = sound.settings.keycloak_public_url.replace("localhost", "127.0.0.1")
    assert internal != sound.settings.keycloak_public_url
    assert faults(look(sound, keycloak_internal_url=internal)) == {}


def test_a_wrong_public_address(sound: KcbRealm) -> None:
    wrong = sound.settings.keycloak_public_url.replace("localhost", "127.0.0.1")
    found = look(sound, keycloak_public_url=wrong)
    assert found["public address"].level == "fail"
    assert f"iss = {sound.settings.issuer}" in found["public address"].detail
    assert f"hostname={wrong}" in found["public address"].remedy


def test_keycloak_down(sound: KcbRealm) -> None:
    found = look(sound, admin=False, keycloak_internal_url="http://127.0.0.1:9")
    assert faults(found) == {
        "internal address": "fail",
        "server version": "fail",
        "JAR version": "fail",
        "clock": "fail",
        "realm settings": "warn",
    }
    assert "keycloak_internal_url" in found["internal address"].remedy


def test_drift_is_listed_and_setup_repairs_it(sound: KcbRealm) -> None:
    sound.call("PUT", "", {"bruteForceProtected": False})
    finding = finding_of("realm settings", sound)
    assert finding.level == "warn"
    assert "bruteForceProtected: false → true" in finding.detail
    sound.setup()
    assert finding_of("realm settings", sound).level == "ok"


def test_something_missing_fails(sound: KcbRealm) -> None:
    sound.call("DELETE", "authentication/required-actions/kcb-charter")
    finding = finding_of("realm settings", sound)
    assert finding.level == "fail"
    assert "required action kcb-charter: absent" in finding.detail.splitlines()
    sound.setup()
    assert finding_of("realm settings", sound).level == "ok"


def test_a_flow_of_the_universitys_own_is_noted(sound: KcbRealm) -> None:
    assert finding_of("login pages", sound).detail == "kc-bridge browser"
    sound.call("POST", "authentication/flows/browser/copy", {"newName": "campus"})
    for bound, remedy in (("campus", "Flows: bind « kc-bridge browser »"), ("browser", "Run: kcb setup")):
        sound.call("PUT", "", {"browserFlow": bound})
        finding = finding_of("login pages", sound)
        assert finding.level == "warn"
        assert f"« {bound} »" in finding.detail
        assert remedy in finding.remedy
    sound.setup()
    assert finding_of("login pages", sound).level == "ok"


def test_a_jar_without_our_pages_or_steps(sound: KcbRealm, monkeypatch: pytest.MonkeyPatch) -> None:
    older = replace(inspect(sound.setup_admin), authenticators=frozenset(), required_actions=("kcb-charter",))
    monkeypatch.setattr("kc_bridge.realm.realm_checks.inspect", lambda _admin: older)
    pages, steps = finding_of("login pages", sound), finding_of("steps", sound)
    assert (pages.level, steps.level) == ("warn", "fail")
    assert "kcb-identifier kcb-password" in pages.detail
    assert "the JAR has no kcb-new-password" in steps.detail
    assert "make jar" in pages.remedy
    assert "make jar" in steps.remedy


def test_a_step_that_leads_nowhere(sound: KcbRealm) -> None:
    gear = "authentication/required-actions/kcb-charter/config"
    sound.call("PUT", gear, {"config": {"ticket_ttl": "600"}})
    finding = finding_of("steps", sound)
    assert finding.level == "fail"
    assert finding.detail.endswith("for want of step_url: kcb-charter")
    sound.setup()
    assert finding_of("steps", sound).level == "ok"


def test_a_step_the_profile_needs_is_switched_off(sound: KcbRealm) -> None:
    path = "authentication/required-actions/kcb-charter"
    sound.call("PUT", path, sound.call("GET", path) | {"enabled": False})
    finding = finding_of("steps", sound)
    assert (finding.level, finding.detail) == ("warn", "switched off, so never asked of anybody: kcb-charter")
    sound.setup()


def test_scopes_that_are_given_unasked(sound: KcbRealm) -> None:
    scopes = {scope["name"]: scope["id"] for scope in sound.call("GET", "client-scopes")}
    web = sound.client_id(WEB)
    unasked = (
        f"clients/{web}/default-client-scopes/{scopes['supann-private']}",
        f"default-default-client-scopes/{scopes['eduperson']}",
    )
    for path in unasked:
        sound.call("PUT", path)
    finding = finding_of("client scopes", sound)
    assert finding.level == "warn"
    assert finding.detail.splitlines()[1:] == [
        "eduperson: every new client (Client scopes → Assigned type)",
        f"supann-private: client {WEB} (Clients → Client scopes)",
    ]
    for path in unasked:
        sound.call("DELETE", path)
    assert finding_of("client scopes", sound).level == "ok"


def test_a_realm_that_is_not_there(sound: KcbRealm) -> None:
    found = look(sound, realm="no-such-realm")
    assert "no realm « no-such-realm »" in found["public address"].detail
    assert found["realm settings"].level == "fail"


def test_another_release_of_the_jar(sound: KcbRealm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kc_bridge.realm.keycloak_checks.installed_version", lambda _name: "9.9.9")
    finding = finding_of("JAR version", sound)
    assert finding.level == "fail"
    assert "9.9.9" in finding.detail


@pytest.mark.parametrize(
    ("seconds", "level", "word"), [(2, "ok", "same time"), (10, "warn", "behind"), (-100, "fail", "ahead")]
)
def test_clocks_apart(
    sound: KcbRealm, monkeypatch: pytest.MonkeyPatch, seconds: int, level: str, word: str
) -> None:
    ours = SimpleNamespace(time=lambda: time.time() + seconds)
    monkeypatch.setattr("kc_bridge.realm.keycloak_checks.time", ours)
    finding = finding_of("clock", sound)
    assert finding.level == level
    assert word in finding.detail


def test_keys_that_others_can_read(sound: KcbRealm) -> None:
    (key,) = key_files(sound.settings.keys_dir, WEB)
    key.chmod(0o640)
    finding = finding_of("private keys", sound)
    assert (finding.level, finding.detail) == ("fail", f"others can read {key}")
    key.chmod(0o600)


def test_keys_that_are_missing(sound: KcbRealm, tmp_path: Path) -> None:
    found = look(sound, keys_dir=tmp_path)
    assert found["private keys"].level == "fail"
    assert "kcb setup" in found["private keys"].remedy


def test_keys_that_keycloak_does_not_know(sound: KcbRealm, realms: Any) -> None:
    found = look(sound, keys_dir=realms().settings.keys_dir)
    assert found["server version"].level == "fail"
    assert "refuses the client" in found["server version"].detail


def test_a_relay_that_is_down(sound: KcbRealm) -> None:
    finding = finding_of("mail relay", sound, smtp=SmtpSettings(host="127.0.0.1", port=9))
    assert finding.level == "fail"
    assert "127.0.0.1:9" in finding.detail


def test_databases(sound: KcbRealm, tmp_path: Path) -> None:
    absent = tmp_path / "absent.db"
    assert finding_of("database", sound, database_url=f"sqlite:///{absent}").remedy == "Run: kcb db upgrade"
    assert not absent.exists()
    empty = tmp_path / "empty.db"
    empty.touch()
    assert finding_of("database", sound, database_url=f"sqlite:///{empty}").remedy == "Run: kcb db upgrade"
    unreachable = "postgresql+psycopg://kcb:s3cret@127.0.0.1:9/kcb"
    finding = finding_of("database", sound, database_url=unreachable)
    assert finding.level == "fail"
    assert "s3cret" not in finding.detail


def test_the_command(sound: KcbRealm, keycloak: Any, tmp_path: Path) -> None:
    settings = sound.settings
    config = tmp_path / "kcb.toml"
    lines = [
        f'realm = "{settings.realm}"',
        f'public_url = "{settings.public_url}"',
        f'keycloak_public_url = "{settings.keycloak_public_url}"',
        f'keys_dir = "{settings.keys_dir}"',
        f'database_url = "{settings.database_url}"',
        "[smtp]",
        f'host = "{settings.smtp.host}"',
        f"port = {settings.smtp.port}",
    ]
    config.write_text("\n".join(lines), "utf-8")
    environment = {
        "KCB_CONFIG": str(config),
        "KCB_ADMIN_USERNAME": keycloak.admin_user,
        "KCB_ADMIN_PASSWORD": keycloak.admin_password,
    }
    sound_answer = CliRunner().invoke(cli, ["doctor"], env=environment)
    assert sound_answer.exit_code == 0, sound_answer.output
    assert all(line.startswith("ok ") for line in sound_answer.output.splitlines())
    machine = CliRunner().invoke(cli, ["doctor", "--json"], env=environment | {"KCB_SMTP__PORT": "9"})
    assert machine.exit_code == 1
    assert {f["check"] for f in json.loads(machine.output) if f["level"] == "fail"} == {"mail relay"}


def test_printed_forms() -> None:
    finding = Finding("warn", "2 changed\na: 1 → 2", "Run: kcb setup")
    indent = " " * 24
    text = as_text("realm settings", finding)
    assert text.splitlines()[1:] == [f"{indent}a: 1 → 2", f"{indent}→ Run: kcb setup"]
    assert json.loads(as_json([("realm settings", finding)])) == [
        {
            "check": "realm settings",
            "level": "warn",
            "detail": "2 changed\na: 1 → 2",
            "remedy": "Run: kcb setup",
        }
    ]
