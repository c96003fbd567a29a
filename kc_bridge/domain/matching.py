"""When two registers speak of one human: rules an administrator can read, ``[[matching]]`` in the university profile."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kc_bridge.domain.numbers import NumberKind

__all__ = ["USUAL_RULES", "MatchingRule"]


Compared = Literal[NumberKind, "birth_date", "birth_name", "first_name", "personal_mail"]


class MatchingRule(BaseModel):
    """What must be equal in the records of two sources. What a record does not say is equal to nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(min_length=1, max_length=64)
    """As ``kcb person show`` and the quarantine call it."""
    same: tuple[Compared, ...] = Field(min_length=1)
    """What makes two records worth a comparison, equal in both: kinds of number (``ine``, ``student_number``…),
    ``birth_date``, ``birth_name``, ``first_name``, ``personal_mail``."""
    and_: tuple[Compared, ...] = Field((), alias="and")
    """What must be equal besides; where it is not, or one of the two does not say it, an operator is asked."""
    then: Literal["same", "ask"] = "same"
    """``same``: they are one human. ``ask``: they may be, and an operator says whether."""

    @field_validator("same")
    @classmethod
    def _can_be_looked_up(cls, value: tuple[Compared, ...]) -> tuple[Compared, ...]:
        if not set(value) - {"birth_name", "first_name"}:
            raise ValueError(
                "names alone are no reason to compare: add a number, birth_date or personal_mail"
            )
        return value


USUAL_RULES = (
    MatchingRule(name="ine", same=("ine",), and_=("birth_date",)),
    MatchingRule(name="namesake", same=("birth_name", "first_name", "birth_date"), then="ask"),
)
"""Where a profile says nothing: a national number with the same birth date is one human; the same names and the same
birth date without a common number are never guessed at."""
