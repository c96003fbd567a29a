"""Texts of a university profile as HTML: paragraphs, ``## `` headings, ``- `` lists; nothing else."""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

__all__ = ["to_html"]


def to_html(text: str, headings: int = 3) -> Markup:
    """Escapes everything, then gives each block its element. Line breaks inside a paragraph are spaces.

    ``headings``: level of the text's own.
    """
    blocks = []
    lines = [line.strip() for line in text.strip().splitlines()]
    for kind, group in groupby(lines, _kind):
        content = list(group)
        if kind == "heading":
            blocks += [Markup("<h{0}>{1}</h{0}>").format(headings, line[3:]) for line in content]
        elif kind == "list":
            items = Markup("").join(Markup("<li>{}</li>").format(line[2:]) for line in content)
            blocks.append(Markup("<ul>{}</ul>").format(items))
        elif kind == "paragraph":
            blocks.append(Markup("<p>{}</p>").format(" ".join(content)))
    return Markup("\n").join(blocks)


def _kind(line: str) -> str:
    if not line:
        return "blank"
    if line.startswith("## "):
        return "heading"
    return "list" if line.startswith("- ") else "paragraph"
