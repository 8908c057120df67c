"""Callers who are slow, silent, gone or many: the page goes on for the others."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from starlette.testclient import TestClient

from maskloop.web import connections, guard
from maskloop.web.access import Access
from maskloop.web.leading.routes import Lead
from maskloop.web.serve import Place, Serving
from maskloop.web.threads import Threads
from maskloop.web.work import for_everybody
from tests.web.conftest import HERE, OURS

SOON_S = 0.2
PATIENCE_S = 20
HEAD = "Host: 127.0.0.1\r\nX-Maskloop: 1\r\n"
JSON = "Connection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
FORM = "Connection: close\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 10000\r\n"
BEGUN = {
    "a document": f"POST /api/me HTTP/1.1\r\n{HEAD}{JSON}\r\n{{",
    "files": f"POST /api/projects/p/lead/images HTTP/1.1\r\n{HEAD}{FORM}\r\n--x\r\n",
}


@pytest.fixture
def address(page):
    """Of the page with all its routes, on a socket."""
    threads = Threads()
    lead = Lead(for_everybody(page.client), lambda *_: None, threads)
    app = page.app(more_routes=lead.routes(), threads=threads)
    with Serving(app, Place()) as serving:
        yield "127.0.0.1", int(serving.url.rstrip("/").rpartition(":")[2])
    lead.close()


def said_to(address, text, *more):
    """All that is answered until the page closes the connection."""
    with socket.create_connection(address, timeout=PATIENCE_S) as caller:
        caller.sendall(text.encode())
        heard = b""
        with suppress(BrokenPipeError, ConnectionResetError):  # the page has closed it meanwhile
            for each in more:
                threading.Event().wait(SOON_S / 4)
                caller.sendall(each.encode())
            while part := caller.recv(65536):
                heard += part
        return heard.decode()


def is_well(address):
    return said_to(address, f"GET /api/me HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n").startswith("HTTP/1.1 200")


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_a_request_that_stops_is_waited_for_no_longer(address, begun, monkeypatch):
    monkeypatch.setattr(guard, "SILENT_S", SOON_S)
    heard = said_to(address, begun)
    assert heard.startswith("HTTP/1.1 408")
    assert "did not arrive in time" in heard


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_who_leaves_amid_a_request_is_no_fault_of_ours(address, begun, caplog):
    for _ in range(3):
        with socket.create_connection(address, timeout=PATIENCE_S) as caller:
            caller.sendall(begun.encode())
    assert is_well(address)
    assert not [record for record in caplog.records if "incident" in record.getMessage()]


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_a_request_that_stopped_does_not_keep_the_page_from_ending(page, begun, caplog):
    threads = Threads()
    lead = Lead(for_everybody(page.client), lambda *_: None, threads)
    app = page.app(more_routes=lead.routes(), threads=threads)
    with Serving(app, Place()) as serving:
        port = int(serving.url.rstrip("/").rpartition(":")[2])
        caller = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        caller.sendall(begun.encode())
        assert is_well(("127.0.0.1", port))
    heard = caller.recv(65536)
    caller.close()
    assert heard.startswith(b"HTTP/1.1 499")
    assert not caplog.records


@pytest.mark.parametrize(
    "parts",
    [[""], ["GET / HTTP/1.1\r\n"], ["GET", " / HT", "TP/1.1\r\n", "Host: ", "127", ".0", ".0.1"]],
    ids=["silent", "half a head", "letter by letter"],
)
def test_a_connection_without_a_request_is_closed(address, parts, monkeypatch):
    monkeypatch.setattr(connections, "ASKS_WITHIN_S", SOON_S)
    assert said_to(address, *parts) == ""


def test_so_is_one_that_begins_another_request_and_stops(address, monkeypatch):
    monkeypatch.setattr(connections, "ASKS_WITHIN_S", SOON_S)
    first = f"GET /api/me HTTP/1.1\r\n{HEAD}\r\n"
    with socket.create_connection(address, timeout=PATIENCE_S) as caller:
        caller.sendall(first.encode())
        heard = b""
        while not heard.endswith(b"}"):
            heard += caller.recv(65536)
        assert heard.startswith(b"HTTP/1.1 200")
        caller.sendall(b"GET /api/me HT")
        rest = caller.recv(65536)
    assert rest == b""


def test_two_hundred_at_once_are_all_answered(address):
    with ThreadPoolExecutor(200) as callers:
        heard = list(
            callers.map(
                lambda _: said_to(address, f"GET /api/projects HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"), range(200)
            )
        )
    assert {each.split("\r\n")[0] for each in heard} == {"HTTP/1.1 200 OK"}


def test_listeners_who_never_read_hold_nobody_up(address, page):
    listeners = [socket.create_connection(address, timeout=PATIENCE_S) for _ in range(60)]
    for place, each in enumerate(listeners):
        name = page.project if place % 2 else f"none{place}"
        each.sendall(f"GET /api/projects/{name}/events HTTP/1.1\r\n{HEAD}\r\n".encode())
    try:
        heard = said_to(address, f"GET {page.path} HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n")
        assert heard.startswith("HTTP/1.1 200")
    finally:
        for each in listeners:
            each.close()


def test_requests_take_no_more_room_together_than_there_is(page, monkeypatch):
    monkeypatch.setattr(guard, "MOST_HELD_BYTES", 1000)
    http = TestClient(page.app(Access()), base_url=HERE)
    answer = http.post("/api/me", json={"annotator": "a" * 1100}, headers=OURS)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (429, "QUEUE_FULL")
    for _ in range(5):  # what was held is given back
        assert http.post("/api/me", json={"annotator": "a" * 90}, headers=OURS).status_code == 200
        assert http.post("/api/me", json={"annotator": "a" * 700}, headers=OURS).status_code == 400
