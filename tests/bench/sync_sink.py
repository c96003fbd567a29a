"""A directory that agrees to everything and keeps nothing: what a run costs without Keycloak."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence

from kc_bridge.ports import Held, HeldUser, Result, Status, Write, WriteKind

__all__ = ["Sink"]

SAYS = {
    WriteKind.CREATE: Status.CREATED,
    WriteKind.UPDATE: Status.UPDATED,
    WriteKind.ENABLE: Status.ENABLED,
    WriteKind.DISABLE: Status.DISABLED,
    WriteKind.DELETE: Status.DELETED,
}


class Sink:
    """See :class:`kc_bridge.ports.Directory`."""

    batch = 100

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:
        return [Result(SAYS[w.kind], w.user_id or str(uuid.uuid4())) for w in writes]

    def digests(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[Held]:
        return iter(())

    def summary(self, attributes: Collection[str], seed: str, on_user: Callable[[int], None]) -> None:
        return None

    def users(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[HeldUser]:
        return iter(())
