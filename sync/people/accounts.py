"""The names of new accounts: those their source gives, and for the rest ``prenom.nom``. Pure."""

from __future__ import annotations

from collections.abc import Callable

from kc_bridge.domain.person import Identity
from kc_bridge.domain.profile import UniversityProfile
from sync.people.desired import Account
from sync.people.identifiers import AccountNames, allocate, local_part, stem

__all__ = ["new_account"]


def new_account(
    identity: Identity,
    population: str,
    said: AccountNames,
    profile: UniversityProfile,
    *,
    taken: Callable[[str], bool],
    others: Callable[[str], bool],
) -> Account:
    """The account of somebody new.

    ``said``: what the sources give. ``taken``: whether a name is somebody's already, or asked for by
    a source; ``others``: the same without what sources ask for, since some of it is this person's.
    """
    mail_domain = profile.mail_domains.get(population) or next(iter(profile.mail_domains.values()))
    if said.uid:
        uid = said.uid
    elif asked := said.login or said.mail:
        uid = allocate(local_part(asked), others)
    else:
        uid = allocate(stem(identity.first_name, identity.last_name), taken)
    mail = said.mail or (said.login if said.login and "@" in said.login else f"{uid}@{mail_domain}")
    return Account(uid=uid, login=said.login or mail, mail=mail)
