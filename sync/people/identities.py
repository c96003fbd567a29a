"""Who somebody is when several records, of several sources perhaps, speak of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.numbers import FORMER_INE
from kc_bridge.domain.person import Identity
from sync.people.identifiers import AccountNames
from sync.people.model import KnownPerson, Read

__all__ = ["account_names", "freshest_first", "identity_of"]


def freshest_first(reads: Sequence[Read], affiliations: Sequence[Affiliation]) -> Sequence[Read]:
    """One person's records, the last word first; the same for every order of rows."""
    if len(reads) < 2:
        return reads
    recency = {(a.source, a.source_key): (*a.recency, a.source) for a in affiliations}
    return sorted(reads, key=lambda read: recency[read.source, read.record.record_key], reverse=True)


def account_names(reads: Sequence[Read]) -> AccountNames:
    """What records, :func:`freshest_first`, give of an account's names; of each name the freshest word counts."""
    uid = login = mail = None
    for read in reads:
        said = read.record.account
        uid, login, mail = uid or said.uid, login or said.login, mail or said.mail
    return AccountNames(uid, login, mail)


def identity_of(
    known: KnownPerson | None, reads: Sequence[Read], affiliations: Sequence[Affiliation]
) -> Identity:
    """What the freshest affiliation's record says, and the numbers all of them do. ``reads``: :func:`freshest_first`.

    Numbers a record leaves out stay, and so do a verified backup mail, and names an operator gave, until the register
    says others than those it said then.
    """
    freshest = max(affiliations, key=lambda a: a.recency)
    record = (freshest.source, freshest.source_key)
    read = next((r for r in reads if (r.source, r.record.record_key) == record), None)
    if read is None:
        assert known is not None
        said: dict[str, str] = {}
        for other in reversed(reads):
            said |= other.record.identifiers
        # Of records that are not the freshest word, only what nobody has said yet.
        said = {kind: value for kind, value in said.items() if kind not in dict(known.identity.identifiers)}
        return replace(known.identity, identifiers=_numbers(known.identity, said))
    numbers: dict[str, str] = {}
    for other in reversed(reads):
        numbers |= other.record.identifiers
    numbers |= read.record.identifiers
    identity = read.record.identity(read.person_key, numbers)
    if known is None:
        return identity
    # A mail the person has replaced stays so until the register says another than the one that was replaced.
    own = known.confirmed or identity.personal_mail in known.replaced_mails
    mail = known.identity.personal_mail if own else identity.personal_mail
    identity = replace(identity, identifiers=_numbers(known.identity, numbers), personal_mail=mail)
    if known.register_names == (identity.first_name, identity.last_name):
        given = known.identity
        return replace(identity, first_name=given.first_name, last_name=given.last_name)
    return identity


def _numbers(known: Identity, said: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Those said now and, of kinds left out, those known; an INE that another has replaced stays among the former."""
    numbers = dict(known.identifiers) | said
    numbers.pop(FORMER_INE, None)
    ines = {value for kind, value in known.identifiers if kind in ("ine", FORMER_INE)}
    former = {(FORMER_INE, value) for value in ines if value != numbers.get("ine")}
    return tuple(sorted(former | numbers.items()))
