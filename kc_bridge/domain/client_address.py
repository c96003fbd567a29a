"""Whom limits per client address count as one."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv6Network, ip_address

__all__ = ["counted_as"]

ONE_SITE = 64
"""Bits of an IPv6 address that name a home or a phone; it may choose the others as it likes (RFC 4291, 2.5.4)."""
UNKNOWN = "unknown"
"""All who come by no address of the Internet share one limit: behind a socket without ``trusted_proxies``, everybody."""


def counted_as(address: str | None) -> str:
    """An IPv4 address itself, the /64 network of an IPv6 one; some proxies add a port, which is left out."""
    text = (address or "").strip()
    for candidate in (text, text.rpartition(":")[0].strip("[]")):
        with suppress(ValueError):
            found = ip_address(candidate.partition("%")[0])
            if found.version == 4:
                return str(found)
            if found.ipv4_mapped:
                return str(found.ipv4_mapped)
            return str(IPv6Network((found.packed, ONE_SITE), strict=False))
    return UNKNOWN
