"""What somebody typed into a field, whatever was sent in its place."""

from __future__ import annotations

import unicodedata

from wtforms.widgets import PasswordInput

__all__ = ["ShownOnce", "one_line"]


class ShownOnce(PasswordInput):
    """A text field that never repeats what was typed into it."""

    input_type = "text"


def one_line(sent: object) -> str:
    """A text on one line without invisible characters; nothing where something else than text was sent.

    A filter of fields: forms may come as JSON, with lists and objects in place of texts.
    """
    if not isinstance(sent, str):
        return ""
    return " ".join("".join(_seen(character) for character in sent).split())


def _seen(character: str) -> str:
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cf" | "Cs":
            return ""
        case _:
            return character
