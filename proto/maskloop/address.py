"""Where a server and its page listen, and how a client reaches them."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from maskloop.errors import InvalidConfig

DEFAULT_ADDRESS = "127.0.0.1:7443"
DEFAULT_PAGE_PORT = 8765
TOKEN_FILE_VARIABLE = "MASKLOOP_TOKEN_FILE"
"""Names the token file where no option does."""


@dataclass(frozen=True)
class Endpoint:
    """How a client reaches a server. It names files and holds no secret itself.

    Args:
        address: `HOST:PORT` or `unix:PATH`.
        tls_root: PEM file of the authority that signed the server's certificate; `None` for plaintext.
        tls_cert: PEM certificate chain that the client shows; `None` where the server asks for none.
        tls_key: its private key, PEM.
        token_file: file with the caller's token; `None` where the server asks for none.
        insecure: whether the token may leave this machine without TLS.

    Raises:
        InvalidConfig: half a key pair, or one without `tls_root`.
    """

    address: str = DEFAULT_ADDRESS
    tls_root: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    token_file: Path | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise InvalidConfig("a certificate and its private key come together", field="tls_cert")
        if self.tls_cert is not None and self.tls_root is None:
            raise InvalidConfig("a certificate is shown over TLS alone: give --tls-root as well", field="tls_root")

    def or_of(self, environment: Mapping[str, str] = os.environ) -> Endpoint:
        """With the token file that the environment names, where none is named yet."""
        named = environment.get(TOKEN_FILE_VARIABLE, "")
        return self if self.token_file or not named else replace(self, token_file=Path(named).expanduser())


def is_loopback(host: str) -> bool:
    """Whether a host's name or address, without brackets, is that of this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local(address: str) -> bool:
    """Whether a server's address, `HOST:PORT` or `unix:PATH`, is reached without leaving this machine."""
    if address.startswith("unix:"):
        return True
    return is_loopback(address.rpartition(":")[0].removeprefix("[").removesuffix("]"))
