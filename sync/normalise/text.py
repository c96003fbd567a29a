"""Names and other words."""

from __future__ import annotations

import re
import unicodedata

from unidecode import unidecode

__all__ = ["clean", "folded", "has_forbidden_characters", "shown", "title"]

WORD = re.compile(r"[^\W\d_]+")


def clean(text: str) -> str:
    """NFC, single spaces, typographic apostrophe made plain: two ways of typing one name compare equal."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    return " ".join(text.split())


def has_forbidden_characters(text: str) -> bool:
    """Control and direction-changing characters, which make a name look like another or break a line; and the mark of
    what could not be decoded."""
    if text.isprintable():  # at C speed: none of those below is
        return "\ufffd" in text
    return any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for character in text)


def shown(text: str) -> str:
    """For people and databases: whatever is no visible character, NUL and half characters among it, becomes U+FFFD."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def folded(name: str) -> str:
    """For comparing: without case, accents, hyphens, apostrophes and spaces."""
    plain = unidecode(unicodedata.normalize("NFC", name)).casefold()
    return "".join(character for character in plain if character.isalnum())


def title(name: str) -> str:
    """``LE GOFF`` → ``Le Goff``, ``O'CONNOR`` → ``O'Connor``; a name that has small letters is left as its owner writes it."""
    if name != name.upper():
        return name
    return unicodedata.normalize("NFC", WORD.sub(_capitalise, name))


def _capitalise(match: re.Match[str]) -> str:
    word = match[0]
    # « İ » in small letters is an « i » with a dot above it as a character of its own, which no keyboard types.
    return word[0] + word[1:].lower().replace("i\u0307", "i")
