"""Ports of the tests' own servers, which nobody else is given before the server listens."""

from __future__ import annotations

import socket

__all__ = ["free_port"]

_reserved: list[socket.socket] = []


def free_port() -> int:
    """A TCP port for a server of this process, or of one it starts.

    It stays bound here, which keeps the system from giving it to another process of the run or to an outgoing
    connection; whoever binds it by name may, since all servers set ``SO_REUSEADDR`` and this socket never listens.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    return int(holder.getsockname()[1])
