"""Who calls, as far as limits go: those who share a host share its limits."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import unquote


def client_of(context: Any) -> str:
    """The host that a call comes from; on this machine, the connection.

    Of IPv6 the first 64 bits are: a host has all addresses behind them.

    A program on this machine shares the processor with the server whatever the limits say, and the page where people
    label is one such program for many of them.
    """
    peer: str = context.peer()
    host = unquote(peer).partition(":")[2].rpartition(":")[0]
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:  # a Unix socket tells nothing of its callers
        return peer
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return peer
    return host if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
