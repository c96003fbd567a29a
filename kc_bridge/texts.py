"""Our words in each language, and a university's own in their place: ``[texts.fr]`` of its profile.

A text is named by what we say in French, so that a profile reads like a list of corrections:
``"Suivant" = "Valider"``. It holds everywhere: pages, errors, mails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from kc_bridge.domain import plugins
from kc_bridge.domain.fault import Fault
from kc_bridge.domain.profile import UniversityProfile

__all__ = ["FOLDER", "faults", "forget", "kept_together", "translations"]

FOLDER = Path(__file__).parent / "translations"
_BEFORE_A_SIGN = re.compile(r" (?=[:;?!»])|(?<=«) ")
PLACEHOLDER = re.compile(r"%\((\w+)\)")


class _Reworded(NullTranslations):
    """A university's words first, then ours."""

    def __init__(self, texts: dict[str, str], ours: NullTranslations) -> None:
        super().__init__()
        self._texts = texts
        self.add_fallback(ours)

    def gettext(self, message: str) -> str:
        return self._texts.get(message) or super().gettext(message)

    ugettext = gettext


def kept_together(html: str) -> str:
    """French signs on the line of their word, whatever the reader's fonts: our texts have plain spaces there."""
    return re.sub(r"(?<=>)[^<]+", lambda text: _BEFORE_A_SIGN.sub("\u00a0", text[0]), html)


def translations(profile: UniversityProfile, language: str) -> NullTranslations:
    """Everything we say in that language, as this university says it."""
    return _reworded(language, frozenset(profile.texts.get(language, {}).items()))


@cache
def _reworded(language: str, texts: frozenset[tuple[str, str]]) -> NullTranslations:
    return _Reworded(dict(texts), _ours(language))


@cache
def _ours(language: str) -> NullTranslations:
    """Ours, then those of plug-in steps: the folder « translations » of each one's package."""
    translations = Translations.load(FOLDER, [language])
    for step in plugins.load(plugins.STEPS).values():
        folder = files(step.__module__.rpartition(".")[0] or step.__module__) / "translations"
        translations.add_fallback(Translations.load(str(folder), [language]))
    return translations


def faults(profile: UniversityProfile) -> Iterator[Fault]:
    """Words in the place of a text there is not, or with other placeholders."""
    if not any(profile.texts.values()):
        return
    known = _texts_there_are()
    for language, texts in profile.texts.items():
        where = f"texts.{language}"
        for text, instead in texts.items():
            if text not in known:
                close = get_close_matches(text, known, n=1, cutoff=0.5)
                remedy = f"The nearest is « {close[0]} »." if close else "Copy it from a page in French."
                yield Fault(where, f"there is no text « {text} ».", remedy)
            elif missing := set(PLACEHOLDER.findall(instead)) - set(PLACEHOLDER.findall(text)):
                names = ", ".join(f"%({name})s" for name in sorted(missing))
                problem = f"« {instead} » names {names}, which is not known there."
                yield Fault(where, problem, "Use only the placeholders of the text it replaces.")


@cache
def _texts_there_are() -> frozenset[str]:
    with (FOLDER / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return frozenset(
            message.id for message in read_po(file) if isinstance(message.id, str) and message.id
        )


def forget() -> None:
    """Reads the texts anew: another plug-in may bring some."""
    for cached in (_reworded, _ours, _texts_there_are):
        cached.cache_clear()
