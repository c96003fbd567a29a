"""The refusal of a dangerous plan. Pure: numbers in, reasons out; thresholds are the ones operators are told
(docs/adr/0026-what-the-guard-lets-pass.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Protocol

from kc_bridge.domain.errors import BridgeError
from sync.judging.ends import RULES
from sync.people.model import Cause
from sync.plan import Kind

__all__ = ["Counted", "PlanRefused", "Refusal", "SourceCount", "at_once", "inspect", "unforeseen"]

LARGEST_FALL = 0.10
"""A source with this share of rows less than in the last applied run is taken for a truncated export."""
SMALL_REALM = 20
"""What may always happen in one run: 5 % of a small realm would stop a normal day."""
LARGEST_SHARE = 0.05
"""Share of the open accounts one run may close, end earlier or purge unasked; share of a source's rows that may newly be wrong."""
TOLERANCE = 0.01
"""Share by which closings of the calendar may exceed what was foreseen a week before: rows go on changing meanwhile."""
NAMED = 5
"""Days named one by one in a refusal."""


class Counted(Protocol):
    """What the guard asks of a plan: :class:`sync.plan.Plan` has it."""

    @property
    def tally(self) -> Mapping[tuple[Kind, Cause], int]:
        """Actions by kind and cause."""
        ...

    @property
    def due(self) -> Mapping[date, int]:
        """Closings that come by the calendar, by the first day on which the account is closed."""
        ...

    @property
    def shortened(self) -> Mapping[str, int]:
        """Open accounts that would end earlier than now, by source; under :data:`RULES` those no record explains."""
        ...


@dataclass(frozen=True, slots=True)
class SourceCount:
    """Rows of one source, now and in the last applied run (None: never read before)."""

    source: str
    rows: int
    last_rows: int | None
    rejected: int = 0
    """Of the rows, those that could not be used."""
    last_rejected: int | None = None


@dataclass(frozen=True)
class Refusal:
    """One reason to stop, in words for an operator."""

    problem: str
    remedy: str


@dataclass
class PlanRefused(BridgeError):
    """Nothing was applied; the same plan can be approved by its digest."""

    refusals: list[Refusal]
    digest: str
    changed: list[str] = field(default_factory=list)
    """Where another plan was approved: how this one differs, in words."""

    def __str__(self) -> str:
        lines = [f"{refusal.problem}\n  → {refusal.remedy}" for refusal in self.refusals]
        if self.changed:
            lines.append(f"An approval waits for another plan: {'; '.join(self.changed)}.")
        return "\n".join(
            [
                "Nothing was changed: the plan needs somebody's eyes.",
                *lines,
                f"Approve it: kcb sync approve {self.digest} --reason …",
            ]
        )


def at_once(open_accounts: int) -> int:
    """How many accounts one run may close unasked, and how many end earlier: max(20, 5 %)."""
    return max(SMALL_REALM, int(open_accounts * LARGEST_SHARE))


def inspect(
    plan: Counted,
    sources: Iterable[SourceCount],
    open_accounts: int,
    *,
    foreseen: Mapping[date, int] | None = None,
    approved: Collection[date] = (),
    losses: Mapping[date, int] | None = None,
    losses_foreseen: Mapping[date, int] | None = None,
) -> list[Refusal]:
    """Every reason to stop; empty when the plan may be applied.

    ``foreseen``: closings of the calendar as they were forecast at least a week before each day;
    ``approved``: days whose closings an operator has approved; ``losses``: accounts
    that are deleted or lose their data, by the day that came due, and ``losses_foreseen``, forecast like closings.
    """
    allowed = at_once(open_accounts)
    refusals = [refusal for count in sources for refusal in (_incomplete(count), _wrong(count)) if refusal]
    by_records, by_rules = (plan.tally.get((Kind.DISABLE, cause), 0) for cause in (Cause.SOURCE, Cause.RULES))
    if (closings := by_records + by_rules) > allowed:
        refusals.append(
            Refusal(
                f"{_who_changed(by_records, by_rules)} would close {closings} of {open_accounts} open accounts; {allowed} may"
                " be at once.",
                f"Look at them (kcb sync plan --only disable). {_mend(by_rules)}",
            )
        )
    if sum(plan.shortened.values()) > allowed:
        refusals.append(_shortened(plan.shortened, open_accounts, allowed))
    if by_date := unforeseen(plan.due, allowed, foreseen or {}, approved):
        refusals.append(by_date)
    losses = losses or {}
    gone = max(sum(losses.values()), sum(plan.tally.get((Kind.PURGE, cause), 0) for cause in Cause))
    if gone > allowed and not (losses and _as_foreseen(losses, losses_foreseen or {})):
        refusals.append(
            Refusal(
                f"{gone} accounts would be deleted, or lose their data, for ever; {allowed} may at once, or as many as were"
                " foreseen a week before.",
                "Look at them (kcb sync plan --as-of, --only purge), at the delays of the profile and at the clock.",
            )
        )
    return refusals


def _shortened(by: Mapping[str, int], open_accounts: int, allowed: int) -> Refusal:
    """Nobody is closed today; on the day, the calendar would close them as foreseen a week before."""
    ends, by_rules = sum(by.values()), by.get(RULES, 0)
    sources = sorted((source, count) for source, count in by.items() if source != RULES)
    told = "; ".join(f"source « {source} »: {count}" for source, count in sources)
    if told and by_rules:
        told += f"; rules: {by_rules}"
    return Refusal(
        f"{_who_changed(ends - by_rules, by_rules)} would end {ends} of {open_accounts} open accounts earlier than now;"
        f" {allowed} may be at once{f' ({told})' if told else ''}.",
        f"Look at them (kcb sync plan --only update). {_mend(by_rules)}",
    )


def _who_changed(by_records: int, by_rules: int) -> str:
    if by_records and by_rules:
        return "Records and rules that changed"
    return "Rules that changed" if by_rules else "Records that changed"


def _mend(by_rules: int) -> str:
    if by_rules:
        return "If nobody meant it, put right the profile's [lifecycle], or the clock."
    return "If the export is wrong, put the right one in its place."


def _incomplete(count: SourceCount) -> Refusal | None:
    if count.rows == 0:
        return Refusal(f"Source « {count.source} » has no row.", "Export it again.")
    if count.last_rows and count.rows < count.last_rows * (1 - LARGEST_FALL):
        return Refusal(
            f"Source « {count.source} » has {count.rows} rows, {count.last_rows} in the last run: it looks truncated.",
            "Export it again, or make sure that these people really left the source.",
        )
    return None


def _wrong(count: SourceCount) -> Refusal | None:
    """An export of another shape spoils many rows at once; single slips of the pen come by the handful."""
    before = count.last_rejected or 0
    if count.rejected - before <= max(SMALL_REALM, count.rows * LARGEST_SHARE):
        return None
    return Refusal(
        f"Source « {count.source} »: {count.rejected} of {count.rows} rows cannot be used, {before} in the last run.",
        "See why (kcb sync quarantine); as a rule the export or its mapping has changed.",
    )


def unforeseen(
    due: Mapping[date, int], allowed: int, foreseen: Mapping[date, int], approved: Collection[date]
) -> Refusal | None:
    """Closings of the calendar: few always pass, those foreseen a week before do, and those of an approved day.

    Fewer than foreseen is no reason to stop: people enrol again, and a run that ended in part leaves the rest to the
    next one.
    """
    days = {day: count for day, count in due.items() if day not in approved}
    closings = sum(days.values())
    if closings <= allowed:
        return None
    if _as_foreseen(days, foreseen):
        return None
    expected = {day: foreseen.get(day, 0) for day in days}
    surplus = _surplus(days, foreseen)
    worst = sorted(surplus, key=lambda day: (-surplus[day], day))
    told = [f"{days[day]} on {day.isoformat()}, {expected[day]} foreseen" for day in worst[:NAMED]]
    more = f", and {len(worst) - NAMED} more days" if len(worst) > NAMED else ""
    return Refusal(
        f"The calendar would close {closings} accounts; {allowed} may be at once, or as many as were foreseen a week"
        f" before ({'; '.join(told)}{more}).",
        "Make sure that the clock is right and these people's time is over; then"
        f" kcb sync approve --closings-of {worst[0].isoformat()} --reason …",
    )


def _surplus(days: Mapping[date, int], foreseen: Mapping[date, int]) -> dict[date, int]:
    """By how much days exceed what was foreseen for each."""
    return {day: more for day, count in days.items() if (more := count - foreseen.get(day, 0)) > 0}


def _as_foreseen(days: Mapping[date, int], foreseen: Mapping[date, int]) -> bool:
    expected = sum(foreseen.get(day, 0) for day in days)
    return sum(_surplus(days, foreseen).values()) <= ceil(expected * TOLERANCE)
