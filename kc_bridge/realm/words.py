"""Words setup writes for people: in every language the realm speaks, or in one where Keycloak keeps one only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kc_bridge.realm.resource import Kind, Resource

__all__ = ["ByLanguage", "in_one_language", "localisation"]

ByLanguage = Mapping[str, str]
"""The same words by language; English is always among them."""


def in_one_language(words: ByLanguage, language: str) -> str:
    """For what Keycloak shows to everybody alike; in English where the language has none."""
    return words.get(language, words["en"])


def localisation(texts: Mapping[str, ByLanguage], languages: Iterable[str]) -> list[Resource]:
    """Localisation texts of the realm: one document for each of its languages that we speak. ``texts``: words by key.

    Keycloak falls back to English by itself; the console can add the others. Write « ’ »: to Keycloak's login pages a
    straight apostrophe is a quoting sign, to its consoles it is not.
    """
    found = {
        language: {key: words[language] for key, words in texts.items() if language in words}
        for language in languages
    }
    return [Resource(Kind.TEXTS, language, spoken) for language, spoken in found.items() if spoken]
