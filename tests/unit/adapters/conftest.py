"""A bridge whose Keycloak each test makes up."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_bridge.realm.keys import save_key
from kc_bridge.settings import Settings
from tests.support.bridge import make_settings, signing_key


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = make_settings(tmp_path)
    for client in ("kc-bridge-web", "kc-bridge-sync"):
        save_key(settings.keys_dir, client, signing_key(client))
    return settings
