"""Progress on the terminal: one line a step, with the time it takes; no step is silent for more than a few seconds."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

__all__ = ["say", "step"]

TERMINAL_EVERY, PLAIN_EVERY = 0.5, 10.0
"""Seconds between two signs of life: rewritten in place on a terminal, a new line elsewhere (logs, CI)."""


def say(text: str) -> None:
    """One line, shown at once."""
    click.echo(text)


@contextmanager
def step(title: str, detail: Callable[[], str] = str) -> Iterator[None]:
    """Shows ``title`` while the block runs, then with the time it took.

    ``detail`` gives a few words on how far it is (the last line of a log, say); it is called from another thread.
    """
    begun, done = time.monotonic(), threading.Event()
    terminal = sys.stdout.isatty()

    def live() -> None:
        while not done.wait(TERMINAL_EVERY if terminal else PLAIN_EVERY):
            line = f"{title} … {time.monotonic() - begun:.0f} s  {detail()}"
            if terminal:
                click.echo(f"\r\033[K… {line}"[: shutil.get_terminal_size().columns], nl=False)
            else:
                click.echo(f"    … {line[:150]}")

    if not terminal:
        click.echo(f"· {title}")
    ticker = threading.Thread(target=live, daemon=True)
    ticker.start()
    mark, colour = "✗", "red"
    try:
        yield
        mark, colour = "✓", "green"
    finally:
        done.set()
        ticker.join()
        taken = f"{time.monotonic() - begun:.1f} s"
        click.echo(("\r\033[K" if terminal else "") + click.style(mark, fg=colour) + f" {title}  ({taken})")
