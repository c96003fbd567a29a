"""``kcb setup`` as an administrator types it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kc_bridge.cli import cli
from kc_bridge.domain.errors import KeycloakUnavailable
from tests.integration.jar_realm import Admin


@pytest.fixture
def realm_name(keycloak: Any) -> Iterator[str]:
    name = f"test-{secrets.token_hex(4)}"
    yield name
    admin = Admin(keycloak.url, keycloak.admin_user, keycloak.admin_password)
    if any(realm["realm"] == name for realm in admin.call("GET", "")):
        admin.call("DELETE", f"/{name}")


def kcb(folder: Path, keycloak: Any, realm: str, *arguments: str, password: str | None = None) -> Result:
    """Runs ``kcb`` with a configuration file in ``folder``; ``password`` is the administrator's."""
    config = folder / "kcb.toml"
    config.write_text(f'realm = "{realm}"\nkeycloak_public_url = "{keycloak.url}"\n', "utf-8")
    environment = {
        "KCB_CONFIG": str(config),
        "KCB_ADMIN_USERNAME": keycloak.admin_user,
        "KCB_ADMIN_PASSWORD": password or keycloak.admin_password,
    }
    return CliRunner().invoke(cli, arguments, env=environment)


def test_setup_then_setup_again(keycloak: Any, realm_name: str, tmp_path: Path) -> None:
    dry = kcb(tmp_path, keycloak, realm_name, "setup", "--dry-run")
    assert (dry.exit_code, dry.exception) == (0, None)
    assert "Nothing was written (--dry-run)." in dry.output
    assert [path.name for path in tmp_path.iterdir()] == ["kcb.toml"]

    application = "ent-demo=ENT démo,http://ent.test/connexion,http://ent.test/*"
    first = kcb(tmp_path, keycloak, realm_name, "setup", "--application", application)
    assert (first.exit_code, first.exception) == (0, None)
    assert f"realm {realm_name} (new)" in first.output
    assert "client ent-demo (new)" in first.output
    assert "attributes[email].permissions.edit: [admin, user] → [admin]" in first.output

    for arguments in ((), ("--application", application)):
        again = kcb(tmp_path, keycloak, realm_name, "setup", *arguments)
        assert (again.exit_code, again.output) == (0, f"Realm {realm_name}: nothing to change.\n")
    stored = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(stored) == 3
    assert not any(f'"{keycloak.admin_password}"' in text for text in stored)


def test_a_wrong_password_changes_nothing(keycloak: Any, realm_name: str, tmp_path: Path) -> None:
    refused = kcb(tmp_path, keycloak, realm_name, "setup", password="wrong")
    assert refused.exit_code == 1
    assert "refuses the administrator" in str(refused.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["kcb.toml"]


def test_keycloak_that_does_not_answer_is_named(tmp_path: Path) -> None:
    absent = SimpleNamespace(url="http://127.0.0.1:9", admin_user="admin", admin_password="admin")
    failed = kcb(tmp_path, absent, "any", "setup")
    assert (failed.exit_code, type(failed.exception)) == (1, KeycloakUnavailable)
    assert "http://127.0.0.1:9" in str(failed.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["kcb.toml"]


def test_a_wrong_application_is_explained(keycloak: Any, realm_name: str, tmp_path: Path) -> None:
    refused = kcb(tmp_path, keycloak, realm_name, "setup", "--application", "ent-demo")
    assert refused.exit_code == 2
    assert "id=name,login_url,redirect_uri" in refused.output


def test_rotate_both_keys_by_default(keycloak: Any, realm_name: str, tmp_path: Path) -> None:
    assert kcb(tmp_path, keycloak, realm_name, "setup").exit_code == 0
    assert kcb(tmp_path, keycloak, realm_name, "keys", "rotate").exit_code == 0
    assert kcb(tmp_path, keycloak, realm_name, "keys", "rotate", "--client", "kc-bridge-web").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        "kc-bridge-sync-1.pem",
        "kc-bridge-sync-2.pem",
        "kc-bridge-web-2.pem",
        "kc-bridge-web-3.pem",
    ]
    assert "nothing to change" in kcb(tmp_path, keycloak, realm_name, "setup").output
