"""Where a server may listen: what can be told of an address before gRPC, and all that imports it, is there."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidConfig
from service.config import ServerConfig

UNIX = "unix:"
MAX_PORT = 65_535


def check_config(config: ServerConfig) -> None:
    """Refuse plaintext beyond loopback, and half a key pair.

    Raises:
        InvalidConfig: the address needs TLS, or the certificate cannot be read.
    """
    if read_key_pair(config) is None and not config.insecure and not _is_local(config.address):
        raise InvalidConfig(
            f"{config.address} is beyond loopback: give tls_cert and tls_key, or insecure to speak plaintext there",
            field="address",
        )


def read_key_pair(config: ServerConfig) -> tuple[bytes, bytes] | None:
    """The private key and the certificate chain, PEM; `None` for plaintext.

    Raises:
        InvalidConfig: one came without the other, or cannot be read.
    """
    if config.tls_cert is None and config.tls_key is None:
        return None
    if config.tls_cert is None or config.tls_key is None:
        raise InvalidConfig("tls_cert and tls_key come together", field="tls_cert")
    try:
        return config.tls_key.read_bytes(), config.tls_cert.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{error.filename} cannot be read: {error.strerror}", field="tls_cert") from error


def check_free(address: str) -> None:
    """Refuse an address that cannot be listened on now. One that this cannot judge passes: gRPC judges it again.

    Raises:
        FailedPrecondition: another server listens there, or the address is not this machine's.
    """
    if address.startswith(UNIX):
        if _is_answering(address.removeprefix(UNIX)):
            raise FailedPrecondition(f"cannot listen on {address}: another server does", field="address")
        return
    places = _resolve(address)
    if places and not any(_can_bind(family, place) for family, place in places):
        raise busy(address)


def busy(address: str) -> FailedPrecondition:
    """The refusal of an address that others have, or that is not this machine's."""
    return FailedPrecondition(
        f"cannot listen on {address}: the port is busy, or the address is not this machine's", field="address"
    )


def _is_local(address: str) -> bool:
    """Whether only this machine can reach `address`."""
    host = address.rpartition(":")[0].strip("[]")
    if address.startswith(UNIX) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_answering(path: str) -> bool:
    """Whether somebody accepts connections on a Unix socket; one that was left behind is taken over."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(Path(path)))
        except OSError:
            return False
        return True


def _resolve(address: str) -> list[tuple[int, tuple[object, ...]]]:
    """Families and places of HOST:PORT; none where host or port are no such thing."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > MAX_PORT:
        return []
    try:
        listed = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return []
    return [(family, place) for family, _, _, _, place in listed]


def _can_bind(family: int, place: tuple[object, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gRPC does
            listener.bind(place)
    except OSError:
        return False
    return True
