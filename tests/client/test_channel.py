"""How a client reaches a server: TLS, certificates of its own, and a token with each call; real sockets throughout."""

import logging
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

from maskloop.address import TOKEN_FILE_VARIABLE, Endpoint, is_local
from maskloop.client import Client, Retry
from maskloop.client.channel import MOST_TOKEN_BYTES, read_token
from maskloop.errors import InvalidConfig, PermissionDenied, Unauthenticated, Unavailable
from maskloop.v1 import projects_pb2 as pb
from maskloop.v1.projects_pb2_grpc import ProjectServiceServicer, add_ProjectServiceServicer_to_server

SECRET = "mlp_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
ONCE = Retry(patience_s=0)


class Remembering(ProjectServiceServicer):
    """Answers every project, and keeps what came with each call by the project's id."""

    def __init__(self):
        self.shown = {}
        self.lock = threading.Lock()

    def GetProject(self, request, context):
        with self.lock:
            self.shown.setdefault(request.project_id, []).append(
                dict(context.invocation_metadata()).get("authorization")
            )
        return pb.Project(id=request.project_id, categories=[pb.Category(id=1, name="cat")])


@contextmanager
def served(credentials=None, host="127.0.0.1"):
    """(what it remembers, its address)"""
    server = grpc.server(ThreadPoolExecutor(4))
    remembering = Remembering()
    add_ProjectServiceServicer_to_server(remembering, server)
    listen = server.add_secure_port if credentials else server.add_insecure_port
    port = listen(f"{host}:0", *([credentials] if credentials else []))
    server.start()
    try:
        yield remembering, f"{host}:{port}"
    finally:
        server.stop(0).wait()


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A folder with ca.pem, and NAME.pem and NAME.key of a server, of a client, and of a stranger."""
    folder = tmp_path_factory.mktemp("pki")

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    for authority in ("ca", "other-ca"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.pem")  # fmt: skip
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    for name, authority in (("server", "ca"), ("client", "ca"), ("stranger", "other-ca")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem")  # fmt: skip
    return folder


def kept(tmp_path, text, mode=0o600):
    file = tmp_path / "token"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)
    return file


def test_a_token_goes_with_each_call_and_nothing_goes_without_one(tmp_path):
    file = kept(tmp_path, f"{SECRET}\n")
    with served() as (server, address):
        with Client.at(Endpoint(address, token_file=file)) as client:
            client.get_project(project_id="with")
            client.get_project(project_id="with")
        with Client.at(Endpoint(address)) as client:
            client.get_project(project_id="without")
    assert server.shown == {"with": [f"Bearer {SECRET}"] * 2, "without": [None]}


def test_people_who_share_a_connection_never_speak_for_each_other():
    with served() as (server, address), Client(address, retry=ONCE) as shared, ThreadPoolExecutor(8) as threads:
        people = {f"p{number}": shared.with_token(f"{SECRET}{number}") for number in range(8)}
        asked = [threads.submit(who.get_project, project_id=name) for name, who in people.items() for _ in range(25)]
        assert {each.result().id for each in asked} == people.keys()
        shared.get_project(project_id="nobody")
    expected = {f"p{number}": [f"Bearer {SECRET}{number}"] * 25 for number in range(8)}
    assert server.shown == {**expected, "nobody": [None]}


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:7443", True),
        ("localhost:7443", True),
        ("LOCALHOST:7443", True),
        ("[::1]:7443", True),
        ("unix:/run/maskloop.sock", True),
        ("unix:///run/maskloop.sock", True),
        ("10.0.0.5:7443", False),
        ("0.0.0.0:7443", False),
        ("server.example:7443", False),
        ("localhost.example.org:7443", False),
        ("127.0.0.1.example.org:7443", False),
        ("dns:///localhost:7443", False),
        ("7443", False),
    ],
)
def test_a_token_leaves_this_machine_by_tls_alone_unless_asked_for(tmp_path, address, local):
    assert is_local(address) is local
    endpoint = Endpoint(address, token_file=kept(tmp_path, SECRET))
    if local:
        Client.at(endpoint).close()
        return
    with pytest.raises(InvalidConfig, match=r"unencrypted: give --tls-root .*, or --insecure") as refused:
        Client.at(endpoint)
    assert SECRET not in str(refused.value)
    with Client(address) as nobody, pytest.raises(InvalidConfig, match="unencrypted"):
        nobody.with_token(SECRET)
    Client(address, token=SECRET, insecure=True).close()


def test_a_proxy_of_the_environment_sees_nothing_of_what_stays_here(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with served() as (server, address), Client(address, token=SECRET, retry=ONCE) as client:
        client.get_project(project_id="p")
    assert server.shown == {"p": [f"Bearer {SECRET}"]}


def test_a_server_that_asks_for_certificates_answers_those_it_knows_alone(pki):
    pair = ((pki / "server.key").read_bytes(), (pki / "server.pem").read_bytes())
    asks = grpc.ssl_server_credentials([pair], (pki / "ca.pem").read_bytes(), require_client_auth=True)

    def reached(name):
        shown = {"tls_cert": pki / f"{name}.pem", "tls_key": pki / f"{name}.key"} if name else {}
        with Client(address, tls_root=pki / "ca.pem", token=SECRET, retry=ONCE, timeout_s=20, **shown) as client:
            return client.get_project(project_id="p").id

    with served(asks, "localhost") as (server, address):
        assert reached("client") == "p"
        for name in ("", "stranger"):
            with pytest.raises(Unavailable):
                reached(name)
    assert server.shown == {"p": [f"Bearer {SECRET}"]}


def test_who_forgets_that_a_server_speaks_tls_is_told_what_to_give(pki):
    pair = ((pki / "server.key").read_bytes(), (pki / "server.pem").read_bytes())
    with served(grpc.ssl_server_credentials([pair]), "localhost") as (_, address):
        client = Client(address, retry=ONCE)
        with client, pytest.raises(Unavailable, match=r"if it speaks TLS, name .* by --tls-root"):
            client.get_project(project_id="p")


def test_a_server_that_another_authority_vouches_for_hears_no_token(pki):
    pair = ((pki / "server.key").read_bytes(), (pki / "server.pem").read_bytes())
    with served(grpc.ssl_server_credentials([pair]), "localhost") as (server, address):
        client = Client(address, tls_root=pki / "other-ca.pem", token=SECRET, retry=ONCE)
        with client, pytest.raises(Unavailable):
            client.get_project(project_id="p")
    assert server.shown == {}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"tls_root": "none.pem"}, r"none\.pem cannot be read"),
        ({"tls_root": "client.key"}, r"client\.key holds no certificate"),
        ({"tls_root": "ca.pem", "tls_cert": "client.pem", "tls_key": "none.key"}, r"none|cannot be read"),
        ({"tls_root": "ca.pem", "tls_cert": "client.pem", "tls_key": "server.key"}, r"server\.key are no certificate"),
        ({"tls_root": "ca.pem", "tls_cert": "client.pem"}, "come together"),
        ({"tls_root": "ca.pem", "tls_key": "client.key"}, "come together"),
        ({"tls_cert": "client.pem", "tls_key": "client.key"}, "over TLS alone"),
    ],
)
def test_files_that_will_not_do_are_named_before_anybody_is_called(pki, given, why):
    with pytest.raises(InvalidConfig, match=why):
        Client("localhost:1", **{name: pki / file for name, file in given.items()})


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        f"{SECRET} {SECRET}",
        f"{SECRET}\n{SECRET}",
        f"{SECRET}ü",
        b"\xff\xfe" * 20,
        "x" * (MOST_TOKEN_BYTES + 1),
    ],
)
def test_a_file_that_holds_no_token_is_refused_without_telling_what_it_holds(tmp_path, text):
    file = kept(tmp_path, text)
    with pytest.raises(InvalidConfig, match="holds no token") as refused:
        read_token(file)
    assert SECRET not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidConfig, match="nothing cannot be read: No such file"):
        Client.at(Endpoint("127.0.0.1:1", token_file=tmp_path / "nothing"))


@pytest.mark.parametrize("wrong", ["a b", "a\nb", "a\r\nx-other: 1", "ü", "x" * (MOST_TOKEN_BYTES + 1)])
def test_what_is_no_token_is_refused_and_not_repeated(wrong):
    with pytest.raises(InvalidConfig, match="no token") as refused:
        Client("127.0.0.1:1", token=wrong)
    assert wrong not in str(refused.value)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read_is_told_and_taken(tmp_path, caplog, mode, warned):
    with caplog.at_level(logging.WARNING):
        assert read_token(kept(tmp_path, SECRET, mode)) == SECRET
    assert ("chmod 600" in caplog.text) is warned
    assert SECRET not in caplog.text


def test_the_environment_names_a_token_file_where_nothing_else_does(tmp_path):
    named = {TOKEN_FILE_VARIABLE: str(tmp_path / "of-environment")}
    assert Endpoint().or_of(named).token_file == tmp_path / "of-environment"
    given = Endpoint(token_file=tmp_path / "given")
    assert given.or_of(named) == given
    assert Endpoint().or_of({}) == Endpoint()


@pytest.mark.parametrize("error", [Unauthenticated("sign in"), PermissionDenied("not yours")])
def test_a_refusal_is_not_asked_again_and_tells_no_token(tmp_path, time, error):
    from tests.client.conftest import serving

    calls = []

    def refuse(request):
        calls.append(request)
        raise error

    address = f"unix:{tmp_path / 's'}"
    with serving(address, refuse), Client(address, token=SECRET, retry=time.retry(30)) as client:
        with pytest.raises(type(error)) as refused:
            client.get_project(project_id="p")
        assert SECRET not in repr(client) + repr(refused.value) + repr(refused.value.__cause__)
    assert (len(calls), time.slept) == (1, [])
