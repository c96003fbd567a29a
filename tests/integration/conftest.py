"""Realms on the real Keycloak, made by the real ``kcb setup``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.kcb_realm import KcbRealm, make_realm


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
def realm(realms: Callable[..., KcbRealm]) -> KcbRealm:
    """One realm for a whole module: tests make users of their own in it."""
    return realms()
