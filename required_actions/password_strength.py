"""How hard a password is to guess, estimated by zxcvbn on this machine alone: nothing typed leaves it.

zxcvbn is written for browsers and for English. On a server its cost must be bounded and one person's words must not be
seen by the next request; at a French university people choose French words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from zxcvbn import matching
from zxcvbn.scoring import most_guessable_match_sequence
from zxcvbn.time_estimates import guesses_to_score

__all__ = ["Habit", "Strength", "is_common", "plain", "strength", "words_of"]

JUDGED = 72
"""Characters looked at: zxcvbn's cost grows with the square of the length, and more never makes a password weaker."""

# Each reading of « p4$$w0rd » costs a search of its own, and their number multiplies with each character that may stand
# for a letter: with all of zxcvbn's, one password takes ten seconds. Those people use leave eight readings at most.
matching.L33T_TABLE.clear()
matching.L33T_TABLE.update(a=["4", "@"], e=["3"], i=["1", "!"], o=["0"], s=["$", "5"], t=["7"])

# zxcvbn's years end in 2019.
matching.REGEXEN["recent_year"] = re.compile(r"19\d\d|20[0-4]\d")

FRENCH = """
motdepasse bonjour azerty azertyuiop qsdfgh qsdfghjklm wxcvbn soleil doudou loulou chouchou coucou amour jetaime bisous
bienvenue france paris marseille lyon toulouse lille nantes bordeaux montpellier strasbourg rennes toulon nice universite
universitaire faculte fac campus etudiant etudiante etudes licence master doctorat amphi cours examen diplome rentree
inscription scolarite professeur enseignant chercheur personnel compte informatique identifiant messagerie secret connexion
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi vendredi
samedi dimanche printemps automne hiver vacances maison famille maman papa enfant bebe cheri cherie princesse chaton chat
chien cheval lapin licorne fleur musique football foot rugby voiture moto argent chocolat fromage pizza bonheur liberte
egalite fraternite republique nouveau nouvelle provisoire
"""
matching.add_frequency_lists({"french": FRENCH.split()})


class Habit(Enum):
    """What makes a password easy to guess, in the order it is said."""

    PERSONAL = "personal"
    COMMON = "common"
    KEYS = "keys"
    REPEAT = "repeat"
    SEQUENCE = "sequence"
    DATE = "date"


PATTERNS = {
    "spatial": Habit.KEYS,
    "repeat": Habit.REPEAT,
    "sequence": Habit.SEQUENCE,
    "regex": Habit.DATE,
    "date": Habit.DATE,
}
NOTICED = 3
"""Characters; a shorter part of a password is no habit worth naming."""
PERSONAL = "personal"
NOTHING: dict[str, Any] = {"guesses": 1, "sequence": []}


@dataclass(frozen=True)
class Strength:
    """The estimate. It holds no part of the password."""

    score: int
    """zxcvbn's: 0 (under 10³ guesses), 1 (10⁶), 2 (10⁸), 3 (10¹⁰), 4 (more)."""
    habits: tuple[Habit, ...]
    """Why it is not harder."""


def strength(password: str, personal: Iterable[str] = ()) -> Strength:
    """Estimates a password; ``personal``: words and numbers that others know of this person.

    Accents count for nothing: who guesses tries « universite » and « université ». What others know and what holds words
    together count for nothing either, however much of it there is: the rest must be hard to guess by itself.
    """
    words = words_of(personal)
    text = plain(password)[:JUDGED]
    unknown = re.sub("|".join(map(re.escape, words)), "", text, flags=re.IGNORECASE) if words else text
    rest = re.sub(r"[\s._-]+", "", unknown)
    guesses, habits = _estimate(text, words)
    if rest != text:
        guesses = min(guesses, _estimate(rest, words)[0])
    if unknown != text:
        habits.add(Habit.PERSONAL)
    return Strength(guesses_to_score(guesses), tuple(habit for habit in Habit if habit in habits))


def is_common(password: str) -> bool:
    """True for one of the 30,000 passwords people have used most, in any case of letters."""
    return password.lower() in matching.RANKED_DICTIONARIES["passwords"]


def _estimate(text: str, words: list[str]) -> tuple[float, set[Habit]]:
    """Guesses it takes, and the habits that make them few.

    Not by ``zxcvbn.zxcvbn``: that keeps the person's words where all other requests find them.
    """
    dictionaries = matching.RANKED_DICTIONARIES | {PERSONAL: matching.build_ranked_dict(words)}
    best = most_guessable_match_sequence(text, matching.omnimatch(text, dictionaries)) if text else NOTHING
    noticed = [_habit(match) for match in best["sequence"] if len(match["token"]) >= NOTICED]
    return float(best["guesses"]), {habit for habit in noticed if habit}


def _habit(match: dict[str, Any]) -> Habit | None:
    if match["pattern"] == "dictionary":
        return Habit.PERSONAL if match["dictionary_name"] == PERSONAL else Habit.COMMON
    return PATTERNS.get(match["pattern"])


def words_of(personal: Iterable[str]) -> list[str]:
    """Each text and its parts, the longest first."""
    texts = [plain(text).lower() for text in personal]
    found = {part for text in texts for part in (text, *re.split(r"[\W_]+", text)) if len(part) >= NOTICED}
    return sorted(found, key=lambda part: (-len(part), part))


def plain(text: str) -> str:
    """Without accents; one character stays one, unlike in NFKD."""
    if text.isascii():
        return text
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)
