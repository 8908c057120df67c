"""The way to a server: plaintext or TLS, and the token that goes with each call."""

from __future__ import annotations

import logging
import re
import ssl
from pathlib import Path

import grpc

from maskloop.address import Endpoint, is_local
from maskloop.errors import InvalidConfig

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
MOST_TOKEN_BYTES = 4096
OTHERS_MAY_READ = 0o077
_TOKEN = re.compile(r"[!-~]+")
_log = logging.getLogger(__name__)

Metadata = tuple[tuple[str, str], ...]


def open_channel(endpoint: Endpoint) -> grpc.Channel:
    """A channel to a server; nothing is sent yet, and no token is read.

    Raises:
        InvalidConfig: a PEM file cannot be read or used.
    """
    options = [
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if is_local(endpoint.address):
        options.append(("grpc.enable_http_proxy", 0))  # what stays on this machine needs none, and a token meets none
    if endpoint.tls_root is not None:
        return grpc.secure_channel(endpoint.address, _credentials(endpoint, endpoint.tls_root), options=options)
    return grpc.insecure_channel(endpoint.address, options=options)


def read_token(file: Path) -> str:
    """The token in a file, which holds nothing else. Others than its owner should not be able to read it.

    Raises:
        InvalidConfig: it cannot be read, or holds no token; what it holds is not told.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_TOKEN_BYTES + 1)
        others = file.stat().st_mode & OTHERS_MAY_READ
    except OSError as error:
        raise InvalidConfig(f"the token file {file} cannot be read: {error.strerror}", field="token_file") from error
    token = data.decode("ascii", "replace").strip()
    if len(data) > MOST_TOKEN_BYTES or not _TOKEN.fullmatch(token):
        raise InvalidConfig(f"the token file {file} holds no token: one line of letters is one", field="token_file")
    if others:
        _log.warning("Others on this machine can read the token file %s: chmod 600 %s", file, file)
    return token


def metadata_of(token: str, endpoint: Endpoint) -> Metadata:
    """What goes with each call of a token's holder to a server; nothing for "".

    Raises:
        InvalidConfig: it is no token, or would leave this machine unencrypted.
    """
    if not token:
        return ()
    if endpoint.tls_root is None and not endpoint.insecure and not is_local(endpoint.address):
        raise InvalidConfig(
            f"the token would travel to {endpoint.address} unencrypted: give --tls-root with the PEM file that vouches "
            "for the server, or --insecure to send it all the same",
            field="tls_root",
        )
    if len(token) > MOST_TOKEN_BYTES or not _TOKEN.fullmatch(token):
        raise InvalidConfig("that is no token: one has letters, digits and signs, and no spaces", field="token")
    return (("authorization", f"Bearer {token}"),)


def check_key_pair(cert: Path, key: Path) -> None:
    """Refuse files that are no certificate chain with its private key.

    Raises:
        InvalidConfig: names the file.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        raise InvalidConfig(
            f"{cert} and {key} are no certificate chain with its private key", field="tls_cert"
        ) from error
    except OSError as error:
        raise InvalidConfig(f"{error.filename} cannot be read: {error.strerror}", field="tls_cert") from error


def _credentials(endpoint: Endpoint, root: Path) -> grpc.ChannelCredentials:
    trusted = _read(root, "tls_root")
    try:
        ssl.create_default_context(cadata=trusted.decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError, ValueError) as error:
        raise InvalidConfig(f"the TLS root {root} holds no certificate in PEM", field="tls_root") from error
    if endpoint.tls_cert is None or endpoint.tls_key is None:
        return grpc.ssl_channel_credentials(trusted)
    check_key_pair(endpoint.tls_cert, endpoint.tls_key)
    return grpc.ssl_channel_credentials(
        trusted, _read(endpoint.tls_key, "tls_key"), _read(endpoint.tls_cert, "tls_cert")
    )


def _read(file: Path, field: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        what = field.replace("tls", "TLS").replace("_", " ")
        raise InvalidConfig(f"the {what} {file} cannot be read: {error.strerror}", field=field) from error
