"""What a university decides about the life of accounts: the ``[lifecycle]`` table of its profile."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Lifecycle"]

Days = Annotated[int, Field(ge=0, le=3660)]
"""Whole days of the calendar; 24 hours are not always a day."""
Delay = Annotated[int, Field(ge=1, le=7320)]
"""Of what cannot be undone: never on the very day."""


class Lifecycle(BaseModel):
    """Days before, after and between. The defaults open nothing early, keep nothing open late and erase nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    early_days: dict[str, Days] = {}
    """By population: days before the first one of a contract or an enrolment on which its account opens already."""
    pre_admitted_days: Days | None = None
    """Days before the first one of a pre-admission on which its account opens; None: none before the enrolment."""
    pre_admitted_stay_days: Days = 30
    """Days from that first one on for which a pre-admission holds; whoever has not enrolled by then loses it."""
    unpaid_days: Days = 30
    """Days of grace after the day an unpaid enrolment had to be paid by."""
    grace_days: dict[str, Days] = {}
    """By population: days an account stays open after its end. None for students by default: their end is 31 December
    already, months after the year they studied in."""
    purge_data_days: Delay | None = None
    """Days after an account was closed on which what its owner gave and did is erased; None: never."""
    purge_account_days: Delay | None = None
    """Days after an account was closed on which it is deleted, here and in Keycloak; None: never."""
    name_kept_days: Days | None = None
    """Days after that for which login and mail are given to nobody else; None: for ever, as a uid always is."""
    proof_kept_days: Days = 1827
    """Days for which proofs of consent and of the charter outlive the account: five years, after which no claim can be
    founded on them (French civil code, art. 2224)."""
    strangers_kept_days: Days = 365
    """Days after their last step for which people only Keycloak knows are kept here."""
    unfinished_kept_days: Days = 30
    """Days after which a journey begun and never finished is forgotten, with the address and number typed in it."""
    guest_longest_days: Annotated[int, Field(ge=1, le=3660)] = 366
    """The longest stay of a guest kept here, and the longest renewal."""

    @model_validator(mode="after")
    def _data_first(self) -> Lifecycle:
        data, account = self.purge_data_days, self.purge_account_days
        if data is not None and account is not None and account < data:
            raise ValueError(
                "purge_account_days is less than purge_data_days: the account goes last, or both at once"
            )
        return self
