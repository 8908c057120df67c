"""Where a server may listen: what can be told of an address before gRPC, and all that imports it, is there."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import ssl
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidConfig
from service.config import ServerConfig

UNIX = "unix:"
MAX_PORT = 65_535
MAX_UNIX_PATH = 107
"""Bytes of a Unix socket's path."""
EVERYWHERE = {"0.0.0.0": "::", "::": "0.0.0.0"}
"""gRPC takes either for both."""


def check_config(config: ServerConfig) -> None:
    """Refuse what is no address, plaintext beyond loopback, and half a key pair.

    Raises:
        InvalidConfig: the address cannot be one or needs TLS, or the certificate cannot be read.
    """
    if config.address.startswith(UNIX):
        _check_socket_path(config.address)
    else:
        _host_and_port(config.address)
    if read_key_pair(config) is None and not config.insecure and not is_local(config.address):
        raise InvalidConfig(
            f"{config.address} is beyond loopback: give tls_cert and tls_key, or insecure to speak plaintext there",
            field="address",
        )
    read_client_roots(config)


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
        pair = config.tls_key.read_bytes(), config.tls_cert.read_bytes()
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_cert, config.tls_key, password=lambda: "")
    except ssl.SSLError as error:
        raise InvalidConfig(
            f"{config.tls_cert} and {config.tls_key} are no certificate chain with its private key: {error.reason}",
            field="tls_cert",
        ) from error
    except OSError as error:
        raise InvalidConfig(f"{error.filename} cannot be read: {error.strerror}", field="tls_cert") from error
    return pair


def read_client_roots(config: ServerConfig) -> bytes | None:
    """The authorities whose certificates clients must show, PEM; `None` where they need none.

    Raises:
        InvalidConfig: it cannot be read, holds no certificate, or the server speaks no TLS.
    """
    if config.tls_client_roots is None:
        return None
    if config.tls_cert is None:
        raise InvalidConfig("tls_client_roots needs tls_cert and tls_key", field="tls_client_roots")
    try:
        roots = config.tls_client_roots.read_bytes()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(config.tls_client_roots)
    except ssl.SSLError as error:
        raise InvalidConfig(
            f"{config.tls_client_roots} holds no certificates: {error.reason}", field="tls_client_roots"
        ) from error
    except OSError as error:
        raise InvalidConfig(f"{error.filename} cannot be read: {error.strerror}", field="tls_client_roots") from error
    return roots


def check_free(address: str) -> None:
    """Refuse an address that cannot be listened on now.

    A name may stand for several places, as `localhost` does; if one of them is taken, clients of that name would meet
    now this server, now the other. A place that this machine does not have is left out, if another is there.

    Raises:
        FailedPrecondition: another server listens there, or the address is not this machine's.
    """
    if address.startswith(UNIX):
        if _is_answering(address.removeprefix(UNIX)):
            raise cannot_listen(address, "another server does")
        return
    refusals = {place: _refusal(family, place) for family, place in _resolve(address)}
    for place, refused in refusals.items():
        if refused == errno.EADDRINUSE:
            raise cannot_listen(address, f"the port is busy at {place[0]}; another program listens there")
    if all(refusals.values()):
        foreign = errno.EADDRNOTAVAIL in refusals.values()
        raise cannot_listen(
            address, "the address is not this machine's" if foreign else os.strerror(next(iter(refusals.values())))
        )


def cannot_listen(address: str, why: str) -> FailedPrecondition:
    """The refusal of an address."""
    return FailedPrecondition(f"cannot listen on {address}: {why}", field="address")


def _check_socket_path(address: str) -> None:
    path = address.removeprefix(UNIX)
    if not path or len(os.fsencode(path)) > MAX_UNIX_PATH:
        raise InvalidConfig(
            f"address {address!r}: the path of a Unix socket has 1 to {MAX_UNIX_PATH} bytes", field="address"
        )
    if not Path(path).parent.is_dir():
        raise InvalidConfig(f"address {address!r}: there is no folder {Path(path).parent}", field="address")
    if Path(path).exists() and not Path(path).is_socket():
        raise InvalidConfig(f"address {address!r}: {path} is there and is no socket", field="address")


def _host_and_port(address: str) -> tuple[str, int]:
    """Host, without brackets, and port.

    Raises:
        InvalidConfig: it is not HOST:PORT with a port up to 65535.
    """
    host, _, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not bare or not (port.isascii() and port.isdecimal()):
        raise InvalidConfig(f"address {address!r} is neither HOST:PORT nor unix:PATH", field="address")
    if ":" in host and host != f"[{bare}]":
        raise InvalidConfig(f"address {address!r}: an IPv6 host stands in brackets, as in [::1]:7443", field="address")
    if int(port) > MAX_PORT:
        raise InvalidConfig(f"address {address!r}: ports end at {MAX_PORT}", field="address")
    return bare, int(port)


def is_local(address: str) -> bool:
    """Whether only this machine can reach `address`."""
    if address.startswith(UNIX):
        return True
    host, _ = _host_and_port(address)
    if host == "localhost":
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
    """Families and places of HOST:PORT.

    Raises:
        FailedPrecondition: nobody knows the host.
    """
    host, port = _host_and_port(address)
    found = []
    for name in (host, EVERYWHERE[host]) if host in EVERYWHERE else (host,):
        try:
            found += socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError as error:
            raise cannot_listen(address, f"{name}: {error.strerror}") from error
    return [(family, place) for family, _, _, _, place in found]


def _refusal(family: int, place: tuple[object, ...]) -> int:
    """The number of the error with which the machine refuses to listen there, 0 where it does not."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gRPC does
            listener.bind(place)
    except OSError as error:
        return error.errno or errno.EADDRNOTAVAIL
    return 0
