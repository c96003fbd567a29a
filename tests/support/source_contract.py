"""What the shared contract test asks of every kind of source: a *register* the test can fill, spoil and take away.

A new kind joins by a class with the methods of :class:`Register` beside the others in
``tests/support/source_registers.py``, and its name in ``REGISTERS`` there. ``tests/integration/test_source_contract.py``
then runs the whole contract on it; what only that kind can do stays in a test of its own. Use the real server: what is
tested is whether the source and the server understand each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sync.sources.base import Place, Source

__all__ = ["Register", "Somebody"]


@dataclass(frozen=True)
class Somebody:
    """One row, as far as every kind of source can hold it."""

    number: int
    last: str = "Martin"

    @property
    def spoiled(self) -> Somebody:
        """With a name no account may have: a character that turns the direction of what follows."""
        return Somebody(self.number, f"Mar\u202e{self.last}")


class Register(Protocol):
    """Something a source can be set up to read, of which a test has one to itself."""

    last_name: str
    """Column, attribute or field of the last name, as a rejection names it."""
    grows: bool
    """Whether its source can be asked what changed after a mark."""
    many: int
    """A number of people that makes several blocks, with the settings :meth:`source` gives."""
    owns_any: bool
    """Whether its rows may be of a population the source is not set up for."""

    def write(self, people: Sequence[Somebody]) -> None:
        """These people are all there is, in that order if there is one."""

    def change(self, somebody: Somebody) -> None:
        """Only this row is another now, and whoever asks what changed is told so."""

    def source(self, *, context: str = "", another_meaning: bool = False, foreign: bool = False) -> Source:
        """A source of students (guests, for guests) set up anew.

        ``context``: what the profile adds to every hash. ``another_meaning``: with another mapping, or whatever else
        says what a value stands for. ``foreign``: set up for a population none of its rows is of.
        """

    def key(self, number: int) -> str:
        """The key of the record somebody's row becomes."""

    def place(self, number: int) -> Place | None:
        """Where the row of that person is; None when only the source can know."""

    def take_away(self) -> None:
        """From now on it cannot be read."""
