"""The refusal of a dangerous plan. Pure; thresholds are the ones operators are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kc_bridge.domain.errors import BridgeError
from sync.people import Cause
from sync.plan import Kind, Plan

__all__ = ["PlanRefused", "Refusal", "SourceCount", "closings_allowed", "inspect"]

LARGEST_FALL = 0.10
"""A source with this share of rows less than in the last applied run is taken for a truncated export."""
SMALL_REALM = 20
"""Closings that may always happen in one run: 5 % of a small realm would stop a normal day."""
LARGEST_SHARE = 0.05
"""Share of the open accounts one run may close because records changed."""


@dataclass(frozen=True)
class SourceCount:
    """Rows of one source, now and in the last applied run (None: never read before)."""

    source: str
    rows: int
    last_rows: int | None


@dataclass(frozen=True)
class Refusal:
    """One reason to stop, in words for an operator."""

    problem: str
    remedy: str


@dataclass
class PlanRefused(BridgeError):
    """Nothing was applied; the same plan can be accepted by its digest."""

    refusals: list[Refusal]
    digest: str

    def __str__(self) -> str:
        lines = [f"{refusal.problem}\n  → {refusal.remedy}" for refusal in self.refusals]
        return "\n".join(
            [
                "Nothing was changed: the plan needs somebody's eyes.",
                *lines,
                f"Accept it: kcb sync run --accept {self.digest}",
            ]
        )


def closings_allowed(open_accounts: int) -> int:
    """How many accounts one run may close because records changed: max(20, 5 %)."""
    return max(SMALL_REALM, int(open_accounts * LARGEST_SHARE))


def inspect(plan: Plan, sources: Iterable[SourceCount], open_accounts: int) -> list[Refusal]:
    """Every reason to stop; empty when the plan may be applied. Closings by the calendar are not limited."""
    refusals = [refusal for count in sources if (refusal := _incomplete(count))]
    closings = sum(a.kind is Kind.DISABLE and a.subject.cause is Cause.SOURCE for a in plan.actions)
    allowed = closings_allowed(open_accounts)
    if closings > allowed:
        refusals.append(
            Refusal(
                f"Records that changed would close {closings} of {open_accounts} open accounts; {allowed} may be at once.",
                "Look at them (kcb sync plan). If the export is wrong, put the right one in its place.",
            )
        )
    return refusals


def _incomplete(count: SourceCount) -> Refusal | None:
    if count.rows == 0:
        return Refusal(f"Source « {count.source} » has no row.", "Export it again.")
    if count.last_rows and count.rows < count.last_rows * (1 - LARGEST_FALL):
        return Refusal(
            f"Source « {count.source} » has {count.rows} rows, {count.last_rows} in the last run: it looks truncated.",
            "Export it again, or make sure that these people really left the source.",
        )
    return None
