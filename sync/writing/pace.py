"""How many requests at a time, and how many users in each: quickly up while Keycloak keeps up, at once down when it does
not. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["LONGEST_WAIT", "Limits", "Pace", "after_answer", "after_failure", "begin", "gives_up", "rested"]

FIRST = 100
"""Users of the first requests."""
SMALLEST = 25
"""Users of one request, however slow: what a smaller one costs is the request itself."""
FAST, SLOW = 0.5, 1.0
"""Seconds between which an answer should come: shorter wastes requests; longer loses more when one is lost."""
ROUNDS = 4
"""Failures in a row, of requests sent after the one before had failed: Keycloak is down, the next run goes on."""
LONGEST_WAIT = 10.0
"""Seconds: whoever asks for more (Retry-After) is left to the next run."""
FIRST_WAIT = 0.25
"""Seconds of the first pause after a failure; each further one is twice as long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may never be exceeded."""

    parallel: int
    batch: int


@dataclass(frozen=True, slots=True)
class Pace:
    """What to do next."""

    window: float
    """Requests at a time; the whole part counts."""
    size: int
    """Users of the next request."""
    round: int = 0
    """Rises with each failure that counts. Requests sent before it say nothing new when they fail too."""
    failures: int = 0
    """In a row."""
    wait: float = 0.0
    """Seconds until the next request."""


def begin(limits: Limits) -> Pace:
    """The pace of the first requests."""
    return Pace(window=limits.parallel, size=min(FIRST, limits.batch))


def after_answer(pace: Pace, limits: Limits, seconds: float, users: int) -> Pace:
    """A request for ``users`` was answered after ``seconds``."""
    size = pace.size
    if seconds > SLOW and users >= size:
        size = max(min(SMALLEST, limits.batch), int(size * 0.7))
    elif seconds < FAST and users >= size:
        size = min(limits.batch, size + max(size // 4, 1))
    window = min(float(limits.parallel), pace.window + 1 / pace.window)
    return replace(pace, window=window, size=size, failures=0)


def rested(pace: Pace) -> Pace:
    """The pause has been made."""
    return replace(pace, wait=0.0)


def after_failure(pace: Pace, limits: Limits, sent_in: int, retry_after: float | None, chance: float) -> Pace:
    """A request of the round ``sent_in`` failed; ``chance`` in 0…1 keeps several clients from coming back together."""
    if sent_in < pace.round:
        return replace(pace, wait=max(pace.wait, retry_after or 0.0))
    own = FIRST_WAIT * 2**pace.failures * (0.5 + chance / 2)
    return Pace(
        window=max(1.0, pace.window / 2),
        size=max(min(SMALLEST, limits.batch), pace.size // 2),
        round=pace.round + 1,
        failures=pace.failures + 1,
        wait=own if retry_after is None else retry_after,
    )


def gives_up(pace: Pace) -> bool:
    """Whether the rest is left to the next run."""
    return pace.failures >= ROUNDS or pace.wait > LONGEST_WAIT
