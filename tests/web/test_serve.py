"""The page on a real socket, by real uvicorn: its address, its end, TLS, and what the wheel brings."""

import asyncio
import socket
import ssl
import subprocess
import zipfile
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from hatchling.builders.wheel import WheelBuilder
from starlette.responses import StreamingResponse
from starlette.routing import Route

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.web.serve import Place, Serving
from tests.web.conftest import OURS

ROOT = Path(__file__).parents[2]
WEB = ROOT / "clients" / "maskloop" / "web"


@pytest.fixture(scope="module")
def key_pair(tmp_path_factory):
    """A certificate for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-days", "2", "-subj", "/CN=page", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *named, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def test_the_page_is_there_at_a_free_port_until_it_is_left(page):
    page.import_images(2)
    with Serving(page.app(), Place()) as serving, httpx.Client(base_url=serving.url, headers=OURS) as browser:
        assert serving.url.startswith("http://127.0.0.1:")
        assert browser.get("").status_code == 200
        assert browser.post("api/me", json={"annotator": "ann"}).status_code == 200
        body = {"campaign": "", "kind": "", "images": 2, "request_id": f"{page.project}-lease"}
        batch = browser.post(f"api/projects/{page.project}/batches", json=body).json()
        tile = browser.get(f"api/projects/{page.project}/images/{batch['picks'][0]['image']['id']}/tiles/0/0/0")
        assert tile.content.startswith(b"\xff\xd8")
        assert "server" not in tile.headers
    with pytest.raises(httpx.ConnectError):
        httpx.get(serving.url)


def test_answers_without_an_end_do_not_keep_the_page_from_ending(page, capsys):
    async def go_on():
        try:
            while True:
                yield b": still here\n\n"
                await asyncio.sleep(0.05)
        finally:
            left.append(True)

    async def news(request):
        return StreamingResponse(go_on(), media_type="text/event-stream")

    left: list[bool] = []
    with ExitStack() as stack:
        serving = stack.enter_context(Serving(page.app(more_routes=[Route("/api/news", news)]), Place()))
        browser = stack.enter_context(httpx.Client(base_url=serving.url))
        pieces = stack.enter_context(browser.stream("GET", "api/news")).iter_raw()
        assert next(pieces)
        serving.__exit__(None, None, None)
        assert left
        assert not b"".join(pieces).replace(b": still here\n\n", b"")
    assert capsys.readouterr().err == ""


def test_a_port_that_is_taken_is_refused_in_words(page):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(FailedPrecondition, match=rf"cannot listen on 127\.0\.0\.1:{port}: Address already in use"):
            Serving(page.app(), Place(port=port)).__enter__()


def test_a_host_that_is_not_this_machine_is_refused_in_words(page):
    with pytest.raises(FailedPrecondition, match=r"cannot listen on 192\.0\.2\.1:0"):
        Place("192.0.2.1").listen()


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_a_browser_on_this_machine_opens(host, url):
    place = Place(host)
    with place.listen() as listener:
        assert place.url(listener) == f"{url}{listener.getsockname()[1]}/"


def test_with_a_certificate_it_speaks_tls(page, key_pair):
    with Serving(page.app(), Place(tls_cert=key_pair[0], tls_key=key_pair[1])) as serving:
        assert serving.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(key_pair[0]))
        assert httpx.get(f"{serving.url}api/me", verify=trusting).status_code == 200


def test_half_a_key_pair_and_a_broken_one_are_refused(key_pair, tmp_path):
    cert, key = key_pair
    with pytest.raises(InvalidConfig, match="come together"):
        Place(tls_cert=cert)
    with pytest.raises(InvalidConfig, match="no certificate chain"):
        Place(tls_cert=key, tls_key=cert)
    with pytest.raises(InvalidConfig, match="cannot be read"):
        Place(tls_cert=tmp_path / "none", tls_key=key)


def test_the_wheel_brings_every_template_script_and_style(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = [file for folder in ("static", "templates") for file in (WEB / folder).rglob("*") if file.is_file()]
    assert len(ours) >= 6
    assert {f"maskloop/web/{file.relative_to(WEB)}" for file in ours} <= inside
