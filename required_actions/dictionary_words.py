"""Single words as passwords: « Soleil2026! » is one word to whoever guesses, and lists of words are short.

The words are those of pyspellchecker (MIT): the French and English that films and encyclopedias are made of, inflected forms
included, 284,000 without accents. They are read from its own files once a process, at the first question or as soon as a page
announces one: that takes two seconds and some 50 MB for as long. What is kept is 2.3 MB of numbers; a question takes less
than 10 ms.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from itertools import product
from threading import Lock, Thread

from spellchecker import SpellChecker

from required_actions.password_strength import plain

__all__ = ["is_one_word", "prepare"]

LANGUAGES = ("fr", "en")
FEWEST = 3
"""Letters typed as letters; with fewer, what digits may spell refuses passwords made by chance."""
LONGEST = 40
"""Letters; no word is longer, so that a password of any length costs the same."""
AT_ENDS = 4
"""Digits and symbols beside the letters that are also read as letters: « 5oleil », « caf3 »."""
READ_AS = {
    "4": "a", "@": "a", "8": "b", "3": "e", "6": "g", "9": "g", "0": "o", "$": "s", "5": "s", "7": "t", "+": "t", "2": "z",
    "1": "il", "!": "il", "|": "il",
}  # fmt: skip
AMBIGUOUS = 3
"""Characters of two readings that are read in both ways; further ones in the first only."""

_reading = Lock()


def is_one_word(password: str, names: Iterable[str] = ()) -> bool:
    """True when nothing but one word, or one of ``names``, is left without the digits and symbols around it.

    Case, accents and letters written as digits do not matter. Nothing is logged, and nothing leaves this machine.
    """
    known = {form for name in map(_letters, names) for form in (name, re.sub(r"[^a-z]", "", name))}
    readings = dict.fromkeys(_readings(_letters(password)))
    return any(reading in known or _is_word(reading) for reading in readings)


def prepare() -> None:
    """Begins reading the words in the background, for a question that will follow: nobody waits for them then."""
    if not _words.cache_info().currsize and not _reading.locked():
        Thread(target=_loaded, name="words", daemon=True).start()


def _readings(text: str) -> Iterator[str]:
    """What the letters in the middle may spell, with more and more of what stands beside them."""
    found = re.fullmatch(r"([^a-z]*)([a-z](?:.*[a-z])?)([^a-z]*)", text, re.DOTALL)
    if not found or len(found[2]) > LONGEST or sum(map(str.isalpha, found[2])) < FEWEST:
        return
    before, middle, after = found[1][-AT_ENDS:], found[2], found[3][:AT_ENDS]
    yield middle
    for start in range(len(before), -1, -1):
        for end in range(len(after) + 1):
            yield from _as_letters(before[start:] + middle + after[:end])


def _as_letters(text: str) -> Iterator[str]:
    choices, ambiguous = [], 0
    for char in text:
        letters = READ_AS.get(char, char)
        ambiguous += len(letters) > 1
        choices.append(letters if ambiguous <= AMBIGUOUS else letters[0])
    return ("".join(reading) for reading in product(*choices))


def _is_word(text: str) -> bool:
    words = _loaded()
    number = _number(text)
    place = bisect_left(words, number)
    return place < len(words) and words[place] == number


def _loaded() -> array[int]:
    with _reading:
        return _words()


@cache
def _words() -> array[int]:
    """Each word as 64 bits of its sum, in order: two words with one number are not to be expected in our lifetime."""
    numbers: set[int] = set()
    for language in LANGUAGES:
        words = SpellChecker(language=language).word_frequency.words()
        numbers.update(_number(_letters(word)) for word in words)
    return array("Q", sorted(numbers))


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def _letters(text: str) -> str:
    return plain(text).lower().replace("œ", "oe").replace("æ", "ae")
