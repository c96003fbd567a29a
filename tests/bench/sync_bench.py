"""What the works of the sync's bench share: the servers, how much of everything, and the largest first load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.bench.servers import Servers
from tests.bench.sync_bridge import Bridge
from tests.bench.sync_loop import Loop
from tests.bench.sync_people import users
from tests.bench.sync_sizes import Sizes
from tests.integration.kcb_realm import KcbRealm, make_realm

__all__ = ["Bench"]


@dataclass
class Bench:
    """One run of the bench."""

    servers: Servers
    folder: Path
    sizes: Sizes
    say: Callable[[str], None] = lambda _line: None
    """Told what is being done."""
    loaded: tuple[Bridge, int] | None = field(default=None, init=False)
    """The bridge of the largest first load, and how many people it has."""

    def realm(self, name: str) -> KcbRealm:
        """As ``kcb setup`` makes it, so that all who are compared write under the same rules."""
        folder = self.folder / name
        folder.mkdir()
        return make_realm(self.servers.keycloak, folder)

    @cached_property
    def loop(self) -> Loop:
        """In a realm of its own, in which it has made ``sizes.loop`` users (the numbers from 0 on)."""
        loop = Loop(self.servers.keycloak, self.realm("loop").name)
        loop.create(users(50, first=5_000_000))
        return loop

    @property
    def largest(self) -> tuple[Bridge, int]:
        """Raises when no first load has come to its end."""
        assert self.loaded is not None, "no first load"
        return self.loaded
