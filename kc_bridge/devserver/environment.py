"""Reads ``keycloak.env`` as docker compose does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["ENV_FILE", "keycloak_environment"]

ENV_FILE = Path(__file__).with_name("keycloak.env")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def keycloak_environment(values: Mapping[str, str], text: str | None = None) -> dict[str, str]:
    """The server's environment, ``${NAME}`` and ``${NAME:-default}`` filled in from ``values``.

    ``KeyError`` for a variable that has neither value nor default.
    """
    lines = (text if text is not None else ENV_FILE.read_text(encoding="utf-8")).splitlines()
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name: _VARIABLE.sub(lambda found: _value(found, values), value) for name, _, value in pairs}


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    name, default = found[1], found[2]
    if default is None:
        return values[name]
    return values.get(name) or default
