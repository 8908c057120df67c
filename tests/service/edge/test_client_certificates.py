"""TLS that asks clients for a certificate."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import grpc
import pytest

from maskloop.errors import InvalidConfig
from tests.service.edge.asking import ask, refusal
from tests.service.wire import Edge

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*words) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)


def authority(folder, name):
    """A certificate that signs others, with its key."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", "-x509", *EC, "-days", 2, "-subj", f"/CN={name}", "-keyout", key, "-out", cert)
    return SimpleNamespace(key=key, cert=cert)


def signed(folder, name, by):
    """A certificate of `localhost`, with its key."""
    key, asked, cert = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost")
    openssl("req", *EC, "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
    signer = ("-CA", by.cert, "-CAkey", by.key, "-CAcreateserial")
    openssl("x509", "-req", "-in", asked, *signer, "-days", 2, "-extfile", names, "-out", cert)
    return SimpleNamespace(key=key, cert=cert)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    ours, theirs = authority(folder, "ours"), authority(folder, "theirs")
    people = {"server": ours, "member": ours, "stranger": theirs}
    return SimpleNamespace(ours=ours, **{name: signed(folder, name, by) for name, by in people.items()})


def channel_of(edge, keys, shown=None):
    root = keys.ours.cert.read_bytes()
    pair = () if shown is None else (shown.key.read_bytes(), shown.cert.read_bytes())
    port = edge.address.rpartition(":")[2]
    return grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(root, *pair))


def test_only_clients_with_a_certificate_of_the_authority_are_heard_and_they_show_a_token_too(keys, tmp_path):
    tls = {"tls_key": keys.server.key, "tls_cert": keys.server.cert, "tls_client_roots": keys.ours.cert}
    with Edge(tmp_path, address="0.0.0.0:0", **tls) as edge:
        secret = (tmp_path / "data/admin.token").read_text().strip()
        with channel_of(edge, keys, keys.member) as channel:
            assert ask(channel, "GetCaller", secret).token_id == "admin"
            assert refusal(channel, "GetCaller")[0] == "UNAUTHENTICATED"
        for shown in (None, keys.stranger):
            with channel_of(edge, keys, shown) as channel:
                assert refusal(channel, "GetCaller", secret, timeout_s=5)[0] == "UNAVAILABLE"


def test_authorities_that_cannot_be_used_are_named(keys, tmp_path):
    tls = {"tls_key": keys.server.key, "tls_cert": keys.server.cert}
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    with pytest.raises(InvalidConfig, match=r"empty\.pem holds no certificates"):
        Edge(tmp_path, tls_client_roots=empty, **tls)
    with pytest.raises(InvalidConfig, match=r"absent\.pem cannot be read"):
        Edge(tmp_path, tls_client_roots=tmp_path / "absent.pem", **tls)
    with pytest.raises(InvalidConfig, match="tls_client_roots needs tls_cert and tls_key"):
        Edge(tmp_path, tls_client_roots=keys.ours.cert)
