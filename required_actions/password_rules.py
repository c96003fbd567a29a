"""Keycloak's password rules and violations, in the words of the person who must satisfy them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from kc_bridge.domain.errors import Violation

__all__ = ["Rule", "rules", "violation_texts"]


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
    "regexPattern": lambda _n: _("uniquement des caractères permis par votre université"),
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


def _parameters(value: Any) -> list[Any]:
    return [] if value in (None, "", "undefined") else [value]
