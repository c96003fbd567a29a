"""What a directory should hold of somebody, and what must change in their entry for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from kc_bridge.domain.supann import ACCOUNT_STATES, ResourceState, labelled

__all__ = ["Difference", "Forwarding", "Owned", "Standing", "differences", "owned"]

BACKUP = "SECOURS"
KEEP_A_COPY = "mailbox"
"""Value of ``mailDeliveryOption`` that leaves a copy in the mailbox of a person who has their mails forwarded."""


@dataclass(frozen=True)
class Forwarding:
    """What somebody decided about their university mails."""

    address: str | None
    copy: bool = True


@dataclass(frozen=True)
class Standing:
    """What the bridge knows of somebody that a directory may want to know; None: nothing, so what is there stays."""

    state: str
    """SUPANN's sub-state."""
    start: date | None = None
    """Since when."""
    end: date | None = None
    """Last day the account works."""
    confirmed: bool = False
    """True once its owner has validated the account: before that the backup mail is what a register says."""
    backup_mail: str | None = None
    forwarding: Forwarding | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)
    """Use somebody was asked about → what they said last."""


@dataclass(frozen=True)
class Owned:
    """The part of one attribute that is the bridge's to write."""

    attribute: str
    is_ours: Callable[[str], bool]
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Difference:
    """Values to take away from one attribute, and to add."""

    attribute: str
    delete: tuple[str, ...]
    add: tuple[str, ...]


def owned(
    standing: Standing, attributes: Iterable[str], consents: Mapping[str, str], resource: str
) -> list[Owned]:
    """What the bridge answers for among ``attributes``, as it should be.

    ``consents``: use → value of ``supannConsentement``; ``resource``: label of our value of ``supannRessourceEtatDate``.
    """
    parts = [_state(standing, resource.upper()), *_consents(standing, consents)]
    if standing.confirmed:
        mails = [f"{{{BACKUP}}}{standing.backup_mail}"] if standing.backup_mail else []
        parts.append(Owned("supannMailPrive", lambda value: labelled(value)[0] == BACKUP, frozenset(mails)))
    if standing.forwarding is not None:
        parts += _forwarding(standing.forwarding)
    wanted = set(attributes)
    return [part for part in parts if part.attribute in wanted]


def differences(held: Mapping[str, Iterable[str]], wanted: Iterable[Owned]) -> list[Difference]:
    """What must change in an entry that holds ``held`` (attribute in small letters → values); nothing, when it is as
    wanted. Values that are not ours are neither compared nor touched."""
    found = []
    for part in wanted:
        ours = {value for value in held.get(part.attribute.lower(), ()) if part.is_ours(value)}
        delete, add = ours - part.values, part.values - ours
        if delete or add:
            found.append(Difference(part.attribute, tuple(sorted(delete)), tuple(sorted(add))))
    return found


def _state(standing: Standing, resource: str) -> Owned:
    state = ResourceState(
        resource, ACCOUNT_STATES[standing.state], standing.state, standing.start, standing.end
    )
    return Owned(
        "supannRessourceEtatDate", lambda value: labelled(value)[0] == resource, frozenset({str(state)})
    )


def _consents(standing: Standing, values: Mapping[str, str]) -> list[Owned]:
    """Of uses nobody has decided on, what another system wrote stays."""
    decided = {use: value for use, value in values.items() if use in standing.consents}
    ours = frozenset(value.casefold() for value in decided.values())
    given = frozenset(value for use, value in decided.items() if standing.consents[use])
    return [Owned("supannConsentement", lambda value: value.casefold() in ours, given)] if ours else []


def _forwarding(forwarding: Forwarding) -> list[Owned]:
    address = frozenset({forwarding.address} if forwarding.address else ())
    copy = frozenset({KEEP_A_COPY} if forwarding.address and forwarding.copy else ())
    return [
        Owned("mailForwardingAddress", lambda _value: True, address),
        Owned("mailDeliveryOption", lambda value: value.casefold() == KEEP_A_COPY, copy),
    ]
