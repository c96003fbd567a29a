"""What is done at intervals besides the sync and the mails; each job is a function of the services that may be called
at any time, by any number of processes, and returns how much it did."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import structlog

from kc_bridge.services import Services

__all__ = ["JOBS", "tidy"]

log = structlog.get_logger()

JOBS = {
    "provisional passwords ended": "required_actions.scolpass.expiry:end_expired",
    "messages delivered long ago": "kc_bridge.channels.delivery:forget_delivered",
    "notices before accounts close": "sync.chores.notices:announce_ends",
    "purges foreseen": "sync.chores.purge:foresee",
    "persons erased": "sync.chores.purge:erase_due",
    "journeys nobody finished": "sync.chores.retention:forget_unfinished",
    "people only Keycloak knows, forgotten": "sync.chores.retention:forget_strangers",
    "old proofs": "sync.chores.retention:forget_old_proofs",
    "old runs": "sync.chores.old_runs:forget_old_runs",
}
"""By what the log says of it: packages that know nothing of each other are named, not imported."""


def tidy(kcb: Services) -> None:
    """Does each job; one that fails is logged, and the next call tries it again."""
    for what, where in JOBS.items():
        module, _, name = where.partition(":")
        job: Callable[[Services], int] = getattr(import_module(module), name)
        try:
            done = job(kcb)
        except Exception as error:
            log.error("housekeeping failed", job=what, exc_info=error)
        else:
            if done:
                log.info("housekeeping", job=what, count=done)
