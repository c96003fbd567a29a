"""docker-compose.keycloak.yml describes the same parts, settings and versions as the demo."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from kc_bridge.cli import cli
from kc_bridge.devserver import KEYCLOAK_VERSION
from kc_bridge.settings import Settings

ROOT = Path(__file__).parents[3]
POM = ROOT / "required_actions/provider/pom.xml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.keycloak.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def keycloak_env() -> dict[str, str]:
    text = (ROOT / "kc_bridge/devserver/keycloak.env").read_text()
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def default(value: str) -> str:
    """``${NAME:-default}`` → ``default``."""
    return re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value)


def test_keycloak_is_set_up_as_in_the_demo_but_for_its_database(
    compose: dict[str, Any], keycloak_env: dict[str, str]
) -> None:
    keycloak = compose["services"]["keycloak"]
    assert keycloak["env_file"] == "kc_bridge/devserver/keycloak.env"
    assert {name for name in keycloak["environment"] if not name.startswith("KC_DB")} == set()
    published = default(keycloak_env["KC_HTTP_PORT"])
    assert keycloak["ports"] == [f"127.0.0.1:{published}:{published}"]
    assert f"/dev/tcp/localhost/{default(keycloak_env['KC_HTTP_MANAGEMENT_PORT'])}" in str(
        keycloak["healthcheck"]
    )


def test_keycloak_is_the_version_of_the_demo(compose: dict[str, Any]) -> None:
    assert compose["services"]["keycloak"]["image"] == f"keycloak/keycloak:{KEYCLOAK_VERSION}"


def test_the_jar_is_the_one_maven_builds(compose: dict[str, Any]) -> None:
    name = ET.parse(POM).findtext(".//{*}build/{*}finalName")
    mounted = compose["services"]["keycloak"]["volumes"][0].split(":")[0]
    assert mounted == f"./required_actions/provider/target/{name}.jar"


def test_the_bridge_reads_valid_settings_that_agree_with_keycloak(
    compose: dict[str, Any], keycloak_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in compose["services"]["bridge"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:\?\}", "x" * 40, value))
    settings = Settings()
    assert settings.keycloak_public_url == default(keycloak_env["KC_HOSTNAME"]).replace(
        "${KEYCLOAK_PUBLIC_URL:-", ""
    )
    assert settings.keycloak_internal_url == f"http://keycloak:{default(keycloak_env['KC_HTTP_PORT'])}"
    assert settings.smtp.host in compose["services"]
    for source in settings.sources:
        assert source.path is not None
        assert (ROOT / "kc_bridge/demo" / source.path.name).exists()


def test_no_misspelt_variable(compose: dict[str, Any]) -> None:
    known = {f"KCB_{name.upper()}" for name in Settings.model_fields}
    used = {name.split("__")[0] for name in compose["services"]["bridge"]["environment"]}
    assert used - known == set()


@pytest.mark.parametrize("service", ["migrate", "setup", "bridge", "scheduler"])
def test_every_kcb_command_exists_with_its_options(compose: dict[str, Any], service: str) -> None:
    words = compose["services"][service]["command"].split()
    command: click.Command | None = cli
    while words and isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words.pop(0))
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} - options == set()


def test_everything_referred_to_is_declared(compose: dict[str, Any]) -> None:
    services, volumes = compose["services"], compose["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or source.startswith("./"), volume
