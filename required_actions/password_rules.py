"""Password rules and violations, Keycloak's and ours, in the words of the person who must satisfy them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from kc_bridge.domain.errors import Violation
from kc_bridge.domain.password_demands import Demand
from kc_bridge.services import services
from required_actions.password_strength import Habit, Strength

__all__ = [
    "Rule",
    "advice",
    "breached_text",
    "dictionary_rule",
    "dictionary_text",
    "rules",
    "strength_rule",
    "violation_texts",
    "weakness_text",
]


@dataclass(frozen=True)
class Rule:
    """One rule of the policy, shown before it is broken."""

    id: str
    text: str
    parameters: list[Any]


# In the order people read them: what to type first, what to avoid last.
TEXTS: dict[str, Callable[..., str]] = {
    "length": lambda n: ngettext("au moins %(num)d caractère", "au moins %(num)d caractères", int(n)),
    "letters": lambda n: ngettext("au moins %(num)d lettre", "au moins %(num)d lettres", int(n)),
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
    "specialAmong": lambda n, symbols: ngettext(
        "au moins %(num)d caractère spécial parmi %(symbols)s",
        "au moins %(num)d caractères spéciaux parmi %(symbols)s",
        int(n),
        symbols=" ".join(symbols),
    ),
    "maxLength": lambda n: ngettext("au plus %(num)d caractère", "au plus %(num)d caractères", int(n)),
    "noSpace": lambda: _("sans espace"),
    "forbidden": lambda symbols: _("sans aucun des caractères %(symbols)s", symbols=" ".join(symbols)),
    "pattern": lambda expression: _pattern_text(expression),
    "regexPattern": lambda *_expression: _("composé uniquement de caractères permis par votre université"),
    "notUsername": lambda *_n: _("différent de votre identifiant"),
    "notEmail": lambda *_n: _("différent de votre adresse mail"),
    "notContainsUsername": lambda *_n: _("sans votre identifiant"),
    "passwordHistory": lambda n: ngettext(
        "différent du dernier mot de passe choisi",
        "différent des %(num)d derniers mots de passe choisis",
        int(n),
    ),
    "passwordBlacklist": lambda *_n: _("absent des listes de mots de passe connus des pirates"),
    "federation": lambda *_n: _(
        "accepté par l'annuaire de l'université : plus long ou plus varié, et nouveau"
    ),
}
HABITS: dict[Habit, Callable[[], str]] = {
    Habit.PERSONAL: lambda: _("ce que d'autres savent de vous (nom, identifiant, naissance, université)"),
    Habit.COMMON: lambda: _("les mots courants, même déguisés avec des chiffres"),
    Habit.KEYS: lambda: _("les touches voisines du clavier"),
    Habit.REPEAT: lambda: _("les répétitions"),
    Habit.SEQUENCE: lambda: _("les suites (abcd, 1234)"),
    Habit.DATE: lambda: _("les dates et les années"),
}
COUNTED = frozenset(
    {"length", "letters", "lowerCase", "upperCase", "digits", "specialChars", "specialAmong", "maxLength"}
)
"""Policies whose rule is a number of characters, not a property of the password."""
ENDING_IN_SYMBOLS = frozenset({"specialAmong", "forbidden"})
"""A full stop after them would look like one more."""
QUIET = frozenset(
    {
        "forceExpiredPasswordChange",
        "hashAlgorithm",
        "hashIterations",
        "maxAuthAge",
        "recoveryCodesWarningThreshold",
    }
)
"""Policies that ask nothing of the person choosing."""


def rules(policies: Iterable[dict[str, Any]]) -> list[Rule]:
    """The realm's policy (``GET password-policy``) as sentences, in the order of :data:`TEXTS`."""
    said = [
        (name, parameters)
        for policy in policies
        if policy["id"] not in QUIET
        for name, parameters in _asked(policy["id"], _parameters(policy.get("value")))
    ]
    return [
        Rule(name, _text(name, parameters), parameters)
        for name, parameters in sorted(said, key=lambda rule: _rank(rule[0]))
    ]


def violation_texts(violations: Iterable[Violation], password: str) -> list[str]:
    """Each violation as a sentence that says how to satisfy the rule, in the order of :data:`TEXTS`.

    ``password``: what they are violations of. It is looked at, and is in no sentence.
    """
    apart = [one for violation in violations for one in _broken(violation, password)]
    return [_violation_text(one) for one in sorted(apart, key=lambda broken: _rank(broken.policy))]


def advice() -> str:
    """What the university recommends beyond its rules; empty when it recommends nothing."""
    length = services().profile.password_policy.recommended_length
    return _("Nous vous conseillons %(num)d caractères ou plus.", num=length) if length else ""


def dictionary_rule() -> Rule:
    """Our own rule, judged by the server alone: the lists of words weigh too much for a page."""
    return Rule(
        "dictionary",
        _("pas seulement un mot du dictionnaire ou un nom, même entouré de chiffres ou de symboles"),
        [],
    )


def dictionary_text() -> str:
    """How to satisfy that rule. The word is not repeated."""
    return _(
        "Un mot du dictionnaire ou un nom, même entouré de chiffres ou de symboles, se devine vite : ajoutez d'autres mots, sans lien entre eux."
    )


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


def _asked(policy: str, parameters: list[Any]) -> list[tuple[str, list[Any]]]:
    """A rule of Keycloak's as people are told it: our one expression is several demands."""
    if demands := _demands(policy, parameters):
        return [(demand.id, list(demand.parameters)) for demand in demands]
    return [(policy, parameters)]


def _broken(violation: Violation, password: str) -> list[Violation]:
    demands = _demands(violation.policy, list(violation.parameters))
    # None unmet: Keycloak and we read a character differently, and Keycloak decides.
    unmet = [demand for demand in demands if not demand.met(password)] or demands
    return [replace(violation, policy=demand.id, parameters=demand.parameters) for demand in unmet] or [
        violation
    ]


def _demands(policy: str, parameters: list[Any]) -> list[Demand]:
    """Those the profile put into this expression; none when it is an administrator's."""
    ours = services().profile.password_policy
    return ours.demands if policy == "regexPattern" and parameters == [ours.expression] else []


def _violation_text(violation: Violation) -> str:
    rule = _text(violation.policy, violation.parameters)
    said = (
        _("Il faut %(rule)s.", rule=rule)
        if violation.policy in COUNTED
        else _("Il doit être %(rule)s.", rule=rule)
    )
    return said.removesuffix(".") if violation.policy in ENDING_IN_SYMBOLS else said


def _rank(policy: str) -> int:
    return list(TEXTS).index(policy) if policy in TEXTS else len(TEXTS)


def _text(policy: str, parameters: Iterable[Any]) -> str:
    text = TEXTS.get(policy)
    if text is None:
        return _("conforme à la règle « %(rule)s » de votre université", rule=policy)
    return text(*parameters)


def _pattern_text(expression: str) -> str:
    """What the university says its pattern means; a regular expression tells people nothing."""
    said = services().profile.password_policy.regex_texts[expression]
    return said.get(str(get_locale())) or next(iter(said.values()))


def _parameters(value: Any) -> list[Any]:
    return [] if value in (None, "", "undefined") else [value]
