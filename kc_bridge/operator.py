"""Who is at work on the command line, for the audit."""

from __future__ import annotations

import getpass
import os

__all__ = ["operator"]


def operator(named: str | None) -> str:
    """The account on this machine, and the name it gave itself."""
    account = os.environ.get("SUDO_USER") or getpass.getuser()
    return f"{named} ({account})" if named and named != account else account
