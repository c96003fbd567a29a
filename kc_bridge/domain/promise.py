"""The promise made to whoever enrols: « L'activation […] sera possible 15 minutes après la validation »."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

__all__ = ["PROMISED", "longest_wait"]

PROMISED = timedelta(minutes=15)
"""From an enrolment that is in the export to the mail that leaves."""


def longest_wait(sync_every: timedelta, outbox_every: timedelta, run: timedelta = timedelta()) -> timedelta:
    """How long a row may wait for its mail, when every server answers.

    At worst it is written just after a sync has read its file: it waits for the next one, which begins no earlier than
    the present one ends (a scheduled run is left out while another goes on), for that one's own ``run``, and for the
    outbox.
    """
    return max(1, ceil(run / sync_every)) * sync_every + run + outbox_every
