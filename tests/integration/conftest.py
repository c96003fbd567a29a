"""Realms on the real Keycloak, made by the real ``kcb setup``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.jar_realm import Admin, JarRealm
from tests.integration.kcb_realm import KcbRealm, make_realm
from tests.support.stack import Stack, start_stack
from tests.support.supann_directory import SupannDirectory


@pytest.fixture(scope="module")
def realms(keycloak: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., KcbRealm]]:
    """Makes realms with settings of the test's choice; they go away with the module."""
    made: list[KcbRealm] = []

    def make(**settings: Any) -> KcbRealm:
        made.append(make_realm(keycloak, tmp_path_factory.mktemp("realm"), **settings))
        return made[-1]

    yield make
    for realm in made:
        realm.delete()


@pytest.fixture(scope="module")
def realm(realms: Callable[..., KcbRealm], request: pytest.FixtureRequest) -> KcbRealm:
    """One realm for a whole module, with the module's ``REALM_SETTINGS``; tests make users of their own in it."""
    return realms(**getattr(request.module, "REALM_SETTINGS", {}))


@pytest.fixture(scope="session")
def shared_stack(keycloak: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whole bridge for all modules whose tests leave it as they found it."""

    def make(**settings: Any) -> KcbRealm:
        return make_realm(keycloak, tmp_path_factory.mktemp("realm"), **settings)

    stack = start_stack(make, tmp_path_factory.mktemp("stack"))
    yield stack
    stack.stop()
    stack.realm.delete()


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """The shared bridge, at the machine's time again after each test."""
    yield shared_stack
    shared_stack.clock.offset = timedelta()


@pytest.fixture(scope="module")
def jar(keycloak: Any) -> Iterator[JarRealm]:
    """A bare realm for the JAR alone, one a module."""
    admin = Admin(keycloak.url, keycloak.admin_user, keycloak.admin_password)
    made = JarRealm(admin, f"jar-{uuid.uuid4().hex[:8]}")
    yield made
    made.delete()


@pytest.fixture(scope="module")
def supann_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupannDirectory]:
    """A SUPANN directory for the module's tests."""
    server = SupannDirectory(tmp_path_factory.mktemp("ldap"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def directory(supann_server: SupannDirectory) -> Iterator[SupannDirectory]:
    """The same, without an entry."""
    yield supann_server
    supann_server.clear()
