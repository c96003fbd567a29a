"""A university's one colour, made into the few the pages need: readable on every ground, in light and dark mode.

Contrasts are those of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): 4.5 for text, 3 for edges and marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["DARK", "LIGHT", "contrast", "dark_accents", "light_accents"]

LIGHT: Final = ("#ffffff", "#f2f5f5", "#f6f9f9")
"""Grounds of the theme's ``tokens.css`` in light mode: surface, ground, soft surface."""
DARK: Final = ("#182226", "#0f171a", "#1f2b30")
"""The same in dark mode."""

TEXT: Final = 4.5
TEXT_ON_DARK: Final = 7.0
"""More than the rule asks: coloured letters look dimmer on dark grounds than their contrast says."""
MARK: Final = 3.0
HOVER: Final = 0.15
"""How far a button's colour moves under the pointer, away from that of its text."""
BLACK: Final = "#000000"
WHITE: Final = "#ffffff"
STEPS: Final = 100


def light_accents(primary: str) -> dict[str, str]:
    """Colours by token (``action`` is ``--kcb-action``), for light mode; ``primary`` is written ``#rrggbb``.

    A button has the very colour of the university. A pale one gets black letters and an edge that can be seen; one
    on which white letters almost hold is darkened until they do.
    """
    primary = primary.lower()
    pale = contrast(primary, WHITE) < MARK
    action = primary if pale else _until(primary, BLACK, TEXT, (WHITE,))
    return _accents(action, _until(primary, BLACK, TEXT, LIGHT), LIGHT)


def dark_accents(primary: str) -> dict[str, str]:
    """The same for dark mode: the colour is lightened until it stands out from the grounds."""
    return _accents(_until(primary, WHITE, MARK, DARK), _until(primary, WHITE, TEXT_ON_DARK, DARK), DARK)


def _accents(action: str, link: str, grounds: Sequence[str]) -> dict[str, str]:
    on_action = WHITE if contrast(action, WHITE) >= TEXT else BLACK
    return {
        "action": action,
        "action-hover": _mix(action, BLACK if on_action == WHITE else WHITE, HOVER),
        "action-line": action if _lowest(action, grounds) >= MARK else link,
        "on-action": on_action,
        "link": link,
        "focus": link,
    }


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _until(colour: str, towards: str, wanted: float, grounds: Sequence[str]) -> str:
    """The nearest mix of ``colour`` and ``towards`` whose contrast with all ``grounds`` is at least ``wanted``."""
    mixes = (_mix(colour, towards, step / STEPS) for step in range(STEPS + 1))
    return next(mix for mix in mixes if _lowest(mix, grounds) >= wanted)


def _lowest(colour: str, grounds: Sequence[str]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _mix(colour: str, other: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_channels(colour), _channels(other), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
