"""How far a closed account has gone: everything kept, its data erased, gone. Never before the profile's delays."""

from __future__ import annotations

from datetime import date, timedelta

from kc_bridge.domain.account_state import DATA_PURGED, EXPIRED, PURGED, STATES
from kc_bridge.domain.lifecycle import Lifecycle

__all__ = ["long_gone", "stage"]


def stage(
    closed_on: date, today: date, lifecycle: Lifecycle, reached: str = EXPIRED
) -> tuple[str, date | None]:
    """The state of an account that was closed on ``closed_on``, and the first day it may be another.

    Delays count from the day it was really closed, not from the end of the right: a record that comes years late, or a
    slip of the pen in its date, takes nothing away at once. ``reached``: what is already erased stays so, whatever the
    clock says.
    """
    delays = ((DATA_PURGED, lifecycle.purge_data_days), (PURGED, lifecycle.purge_account_days))
    days = [(state, closed_on + timedelta(days=delay)) for state, delay in delays if delay is not None]
    due = [state for state, day in days if day <= today]
    state = max((EXPIRED, reached, *due), key=STATES.index)
    later = [day for coming, day in days if day > today and STATES.index(coming) > STATES.index(state)]
    return state, min(later, default=None)


def long_gone(account_end: date | None, today: date, lifecycle: Lifecycle) -> bool:
    """True for somebody the bridge does not know whose account would have been deleted by now, had there been one: an
    export that still lists them must not bring their data back."""
    delay = lifecycle.purge_account_days
    return delay is not None and account_end is not None and account_end + timedelta(days=1 + delay) <= today
