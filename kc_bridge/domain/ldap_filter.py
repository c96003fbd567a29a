"""Search filters of directories (RFC 4515) made of other people's words."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["escaped", "filled"]

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_")
"""All else is escaped, though the RFC asks for five characters only: libraries look for ``>=`` and the like in values,
and take spaces away."""


def escaped(value: str) -> str:
    """The value as a filter's literal: whatever it holds, it is compared with, and nothing more."""
    return "".join(
        chr(byte) if byte in PLAIN else f"\\{byte:02x}" for byte in value.encode("utf-8", "surrogatepass")
    )


def filled(template: str, values: Mapping[str, str]) -> str:
    """``(uid={uid})`` with the values, escaped. Raises ``KeyError`` for one that is not there."""
    return template.format_map({name: escaped(value) for name, value in values.items()})
