"""Which encoding a file is in, found out of its bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

__all__ = ["detect", "is_bytewise", "recode", "without_bom"]

BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""The longer ones first: that of UTF-32 begins with that of UTF-16."""


def detect(chunks: Iterable[bytes]) -> str:
    """UTF-16 or -32 by their marks or their zeros, UTF-8, or else CP1252 as Windows exports are.

    The whole file is looked at: the first accent may be on the last line. A few bytes that are no UTF-8 (a cut last
    line, a cell pasted from elsewhere) spoil their own row, never the accents of everybody else: the more frequent wins.
    """
    in_sequences = others = 0
    cut = b""
    first = True
    for chunk in chunks:
        if first and (wide := _wide(chunk)):
            return wide
        first = False
        if cut or not chunk.isascii():
            data = cut + chunk
            used, wrong, sequences = _counted(data)
            cut = data[used:]
            others += wrong
            in_sequences += sequences
    return "utf-8" if in_sequences >= others + len(cut) else "cp1252"


def _counted(data: bytes) -> tuple[int, int, int]:
    """Bytes looked at (the last sequence may be cut), those that are no UTF-8, and those in sequences, nearly."""
    try:
        text, used = codecs.utf_8_decode(data, "strict", False)
        return used, 0, 2 * (used - len(text))
    except UnicodeDecodeError:
        text, used = codecs.utf_8_decode(data, "surrogateescape", False)
        well = len(text.encode("utf-8", "ignore"))
        wrong = used - well
        return used, wrong, 2 * (well - (len(text) - wrong))


def _wide(beginning: bytes) -> str | None:
    for mark, encoding in BOMS.items():
        if beginning.startswith(mark):
            return encoding
    # Without a mark, Latin letters have a zero as their other half; a header is made of them.
    start = beginning[:32]
    if len(start) >= 4 and start.count(0) * 2 >= len(start) - 1:
        if not any(start[1::2]):
            return "utf-16-le"
        if not any(start[0::2]):
            return "utf-16-be"
    return None


def is_bytewise(encoding: str) -> bool:
    """Whether lines can be told apart before they are decoded. Raises :class:`LookupError` for an unknown name."""
    return "\r\n".encode(encoding) == b"\r\n"


def recode(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The same text in UTF-8; what cannot be decoded becomes U+FFFD, which no name may hold."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def without_bom(line: bytes) -> bytes:
    """A first line in UTF-8 without the mark Windows puts before it."""
    return line.removeprefix(codecs.BOM_UTF8)
