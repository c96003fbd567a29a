"""Starting and stopping, with a small program in the place of Keycloak."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kc_bridge.devserver import KeycloakServer, PortBusy, ServerDied, free_port
from kc_bridge.devserver.distribution import KEYCLOAK_VERSION


def server_in(home: Path, script: str) -> KeycloakServer:
    program = home / f"keycloak-{KEYCLOAK_VERSION}" / "bin" / "kc.sh"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return KeycloakServer(home, free_port(), free_port())


def test_busy_port_is_named(tmp_path: Path) -> None:
    server = server_in(tmp_path, "exit 0")
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.http_port))
        other.listen()
        with pytest.raises(PortBusy, match=str(server.http_port)):
            server.start()


def test_death_shows_the_end_of_the_log(tmp_path: Path) -> None:
    server = server_in(tmp_path, "echo unknown option; exit 3")
    server.start()
    with pytest.raises(ServerDied, match="unknown option"):
        server.wait_ready()
    server.stop()


def test_too_slow(tmp_path: Path) -> None:
    server = server_in(tmp_path, "sleep 60")
    server.start()
    with pytest.raises(ServerDied, match="not ready in time"):
        server.wait_ready(timeout=0.1)
    server.stop()
    assert not server.is_ready()


def test_a_new_jar_leaves_no_packed_files_of_the_old_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, jar = tmp_path / "home", tmp_path / "kc-bridge-provider.jar"
    server = server_in(home, "exit 0")
    installed = home / f"keycloak-{KEYCLOAK_VERSION}"
    (installed / "providers").mkdir()
    monkeypatch.setattr("kc_bridge.devserver.server._require_java", lambda: None)
    monkeypatch.setattr("kc_bridge.devserver.server.build_jar", lambda _progress: jar)
    packed = installed / "data/tmp/kc-gzip-cache/x/login/kc-bridge/css/tokens.css.gz"
    for content, kept in (("old", False), ("old", True), ("new", False)):
        jar.write_text(content)
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.touch()
        server.prepare()
        assert packed.exists() is kept
        assert (installed / "providers" / jar.name).read_text() == content


def test_addresses_reach_the_server(tmp_path: Path) -> None:
    database = {"KC_DB": "postgres", "KC_DB_URL": "jdbc:postgresql://db/keycloak"}
    server = KeycloakServer(tmp_path, 18999, 18998, "https://auth.example.fr", database, admin_password="x")
    environment = server.environment
    assert environment["KC_HOSTNAME"] == "https://auth.example.fr"
    assert (environment["KC_HTTP_PORT"], environment["KC_HTTP_MANAGEMENT_PORT"]) == ("18999", "18998")
    assert environment["KC_HTTP_HOST"] == "127.0.0.1"
    assert environment["KC_BOOTSTRAP_ADMIN_PASSWORD"] == "x"
    assert environment["KC_DB"] == "postgres"
    assert server.internal_url == "http://localhost:18999"
