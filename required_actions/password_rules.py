"""Password rules and violations, Keycloak's and ours, in the words of the person who must satisfy them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from kc_bridge.domain.errors import Violation
from kc_bridge.services import services
from required_actions.password_strength import Habit, Strength

__all__ = ["Rule", "breached_text", "rules", "strength_rule", "violation_texts", "weakness_text"]


@dataclass(frozen=True)
class Rule:
    """One rule of the policy, shown before it is broken."""

    id: str
    text: str
    parameters: list[Any]


# In the order people read them: what to type first, what to avoid last.
TEXTS: dict[str, Callable[[Any], str]] = {
    "length": lambda n: ngettext("au moins %(num)d caractère", "au moins %(num)d caractères", int(n)),
    "lowerCase": lambda n: ngettext(
        "au moins %(num)d lettre minuscule", "au moins %(num)d lettres minuscules", int(n)
    ),
    "upperCase": lambda n: ngettext(
        "au moins %(num)d lettre majuscule", "au moins %(num)d lettres majuscules", int(n)
    ),
    "digits": lambda n: ngettext("au moins %(num)d chiffre", "au moins %(num)d chiffres", int(n)),
    "specialChars": lambda n: ngettext(
        "au moins %(num)d caractère spécial (ni lettre ni chiffre)",
        "au moins %(num)d caractères spéciaux (ni lettres ni chiffres)",
        int(n),
    ),
    "maxLength": lambda n: ngettext("au plus %(num)d caractère", "au plus %(num)d caractères", int(n)),
    "notUsername": lambda _n: _("différent de votre identifiant"),
    "notEmail": lambda _n: _("différent de votre adresse mail"),
    "notContainsUsername": lambda _n: _("sans votre identifiant"),
    "passwordHistory": lambda n: ngettext(
        "différent du dernier mot de passe choisi",
        "différent des %(num)d derniers mots de passe choisis",
        int(n),
    ),
    "passwordBlacklist": lambda _n: _("absent des listes de mots de passe connus des pirates"),
    "federation": lambda _n: _(
        "accepté par l'annuaire de l'université : plus long ou plus varié, et nouveau"
    ),
    "regexPattern": lambda pattern: _pattern_text(str(pattern)),
}
HABITS: dict[Habit, Callable[[], str]] = {
    Habit.PERSONAL: lambda: _("ce que d'autres savent de vous (nom, identifiant, naissance, université)"),
    Habit.COMMON: lambda: _("les mots courants, même déguisés avec des chiffres"),
    Habit.KEYS: lambda: _("les touches voisines du clavier"),
    Habit.REPEAT: lambda: _("les répétitions"),
    Habit.SEQUENCE: lambda: _("les suites (abcd, 1234)"),
    Habit.DATE: lambda: _("les dates et les années"),
}
COUNTED = frozenset({"length", "lowerCase", "upperCase", "digits", "specialChars", "maxLength"})
"""Policies whose rule is a number of characters, not a property of the password."""
QUIET = frozenset(
    {"hashAlgorithm", "hashIterations", "forceExpiredPasswordChange", "recoveryCodesWarningThreshold"}
)
"""Policies that ask nothing of the person choosing."""


def rules(policies: Iterable[dict[str, Any]]) -> list[Rule]:
    """The realm's policy (``GET password-policy``) as sentences, in the order of :data:`TEXTS`."""
    return [
        Rule(policy["id"], _text(policy["id"], policy.get("value")), _parameters(policy.get("value")))
        for policy in sorted(policies, key=lambda policy: _rank(policy["id"]))
        if policy["id"] not in QUIET
    ]


def violation_texts(violations: Iterable[Violation]) -> list[str]:
    """Each violation as a sentence that says how to satisfy the rule, in the order of :data:`TEXTS`."""
    return [
        _violation_text(violation)
        for violation in sorted(violations, key=lambda broken: _rank(broken.policy))
    ]


def strength_rule() -> Rule:
    """Our own rule, judged by the server alone: a browser would have to load zxcvbn's lists of words."""
    return Rule(
        "strength", _("difficile à deviner : par exemple trois ou quatre mots sans lien entre eux"), []
    )


def weakness_text(judged: Strength) -> str:
    """How to satisfy that rule, by what was found wanting. No part of the password is repeated."""
    if not judged.habits:
        return _(
            "Il doit être difficile à deviner : allongez-le, par exemple avec trois ou quatre mots sans lien entre eux."
        )
    habits = format_list([HABITS[habit]() for habit in judged.habits], locale=get_locale())
    return _(
        "Il doit être difficile à deviner. Évitez %(habits)s ; prenez par exemple trois ou quatre mots sans lien entre eux.",
        habits=habits,
    )


def breached_text() -> str:
    """For a password that was stolen elsewhere, or that too many people use."""
    return _(
        "Il figure dans des listes de mots de passe volés : choisissez-en un que vous n'avez utilisé nulle part ailleurs."
    )


def _violation_text(violation: Violation) -> str:
    rule = _text(violation.policy, next(iter(violation.parameters), None))
    return (
        _("Il faut %(rule)s.", rule=rule)
        if violation.policy in COUNTED
        else _("Il doit être %(rule)s.", rule=rule)
    )


def _rank(policy: str) -> int:
    return list(TEXTS).index(policy) if policy in TEXTS else len(TEXTS)


def _text(policy: str, value: Any) -> str:
    text = TEXTS.get(policy)
    if text is None:
        return _("conforme à la règle « %(rule)s » de votre université", rule=policy)
    return text(value)


def _pattern_text(pattern: str) -> str:
    """What the university says its pattern means; a regular expression tells people nothing."""
    said = services().profile.password_policy.regex_texts.get(pattern, {})
    return (
        said.get(str(get_locale()))
        or next(iter(said.values()), None)
        or _("composé uniquement de caractères permis par votre université")
    )


def _parameters(value: Any) -> list[Any]:
    return [] if value in (None, "", "undefined") else [value]
