"""Which keys of different sources are one human: decided by rules and by operators, never guessed. Pure.

Two keys of one source are two humans, unless an operator says otherwise. What cannot be decided is said of every key
concerned, so neither the order of rows nor that of sources changes anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from kc_bridge.domain.matching import MatchingRule
from sync.normalise.text import folded

__all__ = ["OPERATOR", "Claim", "Decisions", "Doubt", "Matched", "claim_of", "link_values", "match"]

OPERATOR = "operator"
"""Rule of those an operator has called one human."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of the human behind one key, or behind the several keys of somebody the bridge knows."""

    key: str
    """The key, ``<source>:<key there>``; of somebody known, their account's own."""
    keys: frozenset[str]
    facts: Mapping[str, frozenset[str]]
    """By field: what its records say, as :func:`claim_of` writes it."""
    known: bool = False

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(key.partition(":")[0] for key in self.keys)


@dataclass(frozen=True)
class Decisions:
    """What operators said of pairs of keys, the lower first."""

    same: frozenset[tuple[str, str]] = frozenset()
    different: frozenset[tuple[str, str]] = frozenset()

    def say(self, decided: frozenset[tuple[str, str]], left: Claim, right: Claim) -> bool:
        """Whether ``decided`` names a key of each."""
        return any((min(a, b), max(a, b)) in decided for a in left.keys for b in right.keys)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a key cannot be given to anybody."""

    key: str
    other: str
    """The key it may be one human with."""
    problem: str


@dataclass
class Matched:
    """The answer for the unknown keys asked about."""

    canonical: dict[str, str] = field(default_factory=dict)
    """Key → the key of its human's account, for those that are one with another key."""
    rules: dict[str, str] = field(default_factory=dict)
    """Key → why."""
    doubts: dict[str, Doubt] = field(default_factory=dict)
    """By key; it is nobody's until an operator has spoken."""


def claim_of(
    key: str,
    *,
    numbers: Iterable[tuple[str, str]],
    birth_date: str = "",
    birth_name: str = "",
    first_names: Iterable[str] = (),
    personal_mail: str = "",
) -> Claim:
    """What one record says; ``first_names``: the usual one and that of the birth certificate. Names are compared without
    case, accents, hyphens and spaces."""
    said = {
        "birth_date": {birth_date},
        "birth_name": {folded(birth_name)},
        "first_name": {folded(name) for name in first_names},
        "personal_mail": {personal_mail.casefold()},
        **{kind: {value} for kind, value in numbers},
    }
    facts = {name: frozenset(values - {""}) for name, values in said.items()}
    return Claim(key, frozenset({key}), {name: values for name, values in facts.items() if values})


def link_values(claim: Claim, rules: Sequence[MatchingRule]) -> list[str]:
    """Keys need to be compared when they have one of these in common: one for each rule the claim can meet."""
    return [
        "\x1f".join((rule.name, *values))
        for rule in rules
        for values in _products([sorted(claim.facts.get(name, ())) for name in rule.same])
    ]


def match(claims: Iterable[Claim], rules: Sequence[MatchingRule], decisions: Decisions) -> Matched:
    """Decides for every claim that is not ``known``.

    ``claims`` must be closed: with a key, every other that has a :func:`link_values` or a decision in common with it.
    Several claims of one key are put together.
    """
    nodes = _together(claims)
    answer = Matched()
    pairs = _pairs(nodes, rules, decisions)
    groups = _groups(nodes, [pair for pair in pairs if pair.verdict == "same"])
    group_of = {key: number for number, group in enumerate(groups) for key in group}
    for group in groups:
        _decide([nodes[key] for key in group], [p for p in pairs if p.left in group], decisions, answer)
    for pair in pairs:
        if pair.verdict == "ask" and group_of[pair.left] != group_of[pair.right]:
            _doubt(pair.left, pair.right, pair.reason, nodes, answer)
    _spread(groups, nodes, answer)
    return answer


@dataclass(frozen=True, slots=True)
class _Pair:
    left: str
    right: str
    verdict: str
    """``same`` or ``ask``."""
    rule: str
    reason: str = ""


def _pairs(nodes: Mapping[str, Claim], rules: Sequence[MatchingRule], decisions: Decisions) -> list[_Pair]:
    found = []
    for left, right in sorted(_candidates(nodes, rules, decisions)):
        one, other = nodes[left], nodes[right]
        if decisions.say(decisions.different, one, other) or (one.known and other.known):
            continue
        if decisions.say(decisions.same, one, other):
            found.append(_Pair(left, right, "same", OPERATOR))
        elif not one.sources & other.sources:
            found += _by_rule(one, other, rules)
    return found


def _candidates(
    nodes: Mapping[str, Claim], rules: Sequence[MatchingRule], decisions: Decisions
) -> set[tuple[str, str]]:
    linked: dict[str, set[str]] = defaultdict(set)
    for key, claim in nodes.items():
        for value in link_values(claim, rules):
            linked[value].add(key)
    pairs = {pair for keys in linked.values() for pair in combinations(sorted(keys), 2)}
    holder = {key: node for node, claim in nodes.items() for key in claim.keys}
    for a, b in decisions.same:
        if a in holder and b in holder and holder[a] != holder[b]:
            pairs.add((min(holder[a], holder[b]), max(holder[a], holder[b])))
    return pairs


def _by_rule(one: Claim, other: Claim, rules: Sequence[MatchingRule]) -> list[_Pair]:
    """The first rule that settles it; else the first doubt."""
    doubt = None
    for rule in rules:
        if not all(_equal(one, other, name) for name in rule.same):
            continue
        missing = [name for name in rule.and_ if not _equal(one, other, name)]
        if not missing and rule.then == "same":
            return [_Pair(one.key, other.key, "same", rule.name)]
        reason = f"has the same {_words(rule.same)}"
        if missing:
            reason += f", but {_but(one, other, missing)}"
        doubt = doubt or _Pair(one.key, other.key, "ask", rule.name, f"{reason} (rule « {rule.name} »)")
    return [doubt] if doubt else []


def _decide(claims: list[Claim], pairs: list[_Pair], decisions: Decisions, answer: Matched) -> None:
    """One group of claims that are one human, if nothing speaks against it."""
    if len(claims) == 1:
        return
    for one, other in combinations(claims, 2):
        if decisions.say(decisions.same, one, other):
            continue
        against = ""
        if one.known and other.known:
            against = "would make one human of two accounts"
        elif one.sources & other.sources:
            against = f"would make one human of two in « {min(one.sources & other.sources)} »"
        elif decisions.say(decisions.different, one, other):
            against = "was said by an operator not to be the same human"
        elif _both_say(one, other, "birth_date") and not _equal(one, other, "birth_date"):
            against = "has another birth date"
        if against:
            keys = [claim.key for claim in claims]
            for claim in claims:
                if not claim.known:
                    rest = other.key if claim.key == one.key else one.key
                    answer.doubts.setdefault(
                        claim.key, Doubt(claim.key, rest, f"{against} ({', '.join(sorted(keys))})")
                    )
            return
    chosen = next((claim.key for claim in claims if claim.known), min(claim.key for claim in claims))
    for claim in claims:
        if claim.key != chosen:
            rules = [p.rule for p in pairs if claim.key in (p.left, p.right)]
            answer.canonical[claim.key], answer.rules[claim.key] = chosen, min(rules, default=OPERATOR)


def _doubt(left: str, right: str, reason: str, nodes: Mapping[str, Claim], answer: Matched) -> None:
    for key, other in ((left, right), (right, left)):
        if not nodes[key].known:
            answer.doubts.setdefault(key, Doubt(key, other, reason))


def _spread(groups: list[list[str]], nodes: Mapping[str, Claim], answer: Matched) -> None:
    """A doubt about one key is a doubt about all that would be the same human."""
    for group in groups:
        doubts = [answer.doubts[key] for key in group if key in answer.doubts]
        for key in group if doubts else ():
            answer.canonical.pop(key, None)
            answer.rules.pop(key, None)
            if not nodes[key].known and key not in answer.doubts:
                first = min(doubts, key=lambda doubt: doubt.key)
                answer.doubts[key] = Doubt(
                    key, first.other, f"is one with {first.key}, which {first.problem}"
                )


def _together(claims: Iterable[Claim]) -> dict[str, Claim]:
    nodes: dict[str, Claim] = {}
    for claim in claims:
        before = nodes.get(claim.key)
        if before is None:
            nodes[claim.key] = claim
            continue
        facts = {
            name: before.facts.get(name, frozenset()) | claim.facts.get(name, frozenset())
            for name in before.facts.keys() | claim.facts.keys()
        }
        nodes[claim.key] = Claim(claim.key, before.keys | claim.keys, facts, before.known or claim.known)
    return dict(sorted(nodes.items()))


def _groups(nodes: Mapping[str, Claim], pairs: Iterable[_Pair]) -> list[list[str]]:
    """Keys joined by pairs, directly or through others."""
    parent = {key: key for key in nodes}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    for pair in pairs:
        a, b = root(pair.left), root(pair.right)
        parent[max(a, b)] = min(a, b)
    groups: dict[str, list[str]] = defaultdict(list)
    for key in nodes:
        groups[root(key)].append(key)
    return list(groups.values())


def _equal(one: Claim, other: Claim, name: str) -> bool:
    return bool(one.facts.get(name, frozenset()) & other.facts.get(name, frozenset()))


def _both_say(one: Claim, other: Claim, name: str) -> bool:
    return bool(one.facts.get(name)) and bool(other.facts.get(name))


def _words(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _but(one: Claim, other: Claim, missing: Sequence[str]) -> str:
    return "; ".join(
        f"another {_words([name])}" if _both_say(one, other, name) else f"no {_words([name])} in both"
        for name in missing
    )


def _products(values: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    products: list[tuple[str, ...]] = [()]
    for options in values:
        products = [(*product, option) for product in products for option in options]
    return products
