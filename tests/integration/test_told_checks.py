"""``kcb doctor`` on whoever is told of accounts: a real directory, and the secrets of receivers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.channels.settings import LdapWriteback, Webhook
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.ldap_ports import LdapMisconfigured, LdapUnavailable
from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.realm.told_checks import directory, webhooks
from kc_bridge.settings import Settings
from tests.support.supann_directory import SupannDirectory


@pytest.fixture
def ldap(tmp_path: Path) -> Iterator[SupannDirectory]:
    ldap = SupannDirectory(tmp_path)
    (tmp_path / "password").chmod(0o600)
    ldap.start()
    yield ldap
    ldap.stop()


def installed(**settings: Any) -> Installation:
    return Installation(Settings(**settings), None)


def of_directory(ldap: SupannDirectory, **options: Any) -> Finding:
    return directory(installed(ldap_writeback=LdapWriteback.model_validate(ldap.options | options)))


def test_a_directory(ldap: SupannDirectory, tmp_path: Path) -> None:
    assert directory(installed()).level == "ok"
    found = of_directory(ldap)
    assert (found.level, ldap.options["base"] in found.detail) == ("ok", True)
    assert of_directory(ldap, verify_certificate=False).level == "warn"
    (tmp_path / "password").chmod(0o640)
    assert of_directory(ldap).level == "fail"


def test_a_directory_that_cannot_be_used(ldap: SupannDirectory) -> None:
    for option in ({"base": "ou=nowhere,dc=univ-demo,dc=fr"}, {"ca_file": None}):
        with pytest.raises(LdapMisconfigured):
            of_directory(ldap, **option)
    ldap.slapd.pause()
    try:
        with pytest.raises(LdapUnavailable):
            of_directory(ldap)
    finally:
        ldap.slapd.resume()


def test_webhooks(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    hooks = [Webhook(name="badges", url="https://b.univ.test/", secret_file=secret)]
    assert webhooks(installed()).level == "ok"
    with pytest.raises(ConfigurationError, match="secret"):
        webhooks(installed(webhooks=hooks))
    secret.write_bytes(base64.b64encode(bytes(32)))
    secret.chmod(0o644)
    assert webhooks(installed(webhooks=hooks)).level == "fail"
    secret.chmod(0o600)
    assert webhooks(installed(webhooks=hooks)) == Finding("ok", "badges")
