"""Drawn requests to a real server, and what is wrong with its answers."""

from __future__ import annotations

import random
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status

from tests.chaos.grammar import Grammar, Known
from tests.chaos.surface import Method, fields, methods

DEADLINE_S = 60.0
SHORT_S = 1.0
NEVER = ("UNKNOWN", "INTERNAL", "DATA_LOSS")
LASTING = ("WaitOperation", "Watch", "ServerReflectionInfo")  # that may last as long as their caller lets them
ROOT = Path(__file__).parents[2]
LISTS_OF_ALL = ("ListAudit", "ListOperations", "ListProjects")
"""They tell of other people's projects, which drawn requests must not find: their work is compared afterwards."""
LARGEST = 64 * 1024 * 1024
TRACES = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3\.|dbos|site-packages|\.py\b|line \d+, in|0x[0-9a-f]{8}")
FORGED = ("", "Bearer", "Bearer ", "Bearer mlp_" + "A" * 43, "Basic YTpi", "Bearer " + "x" * 5000, "bearer none")
MOST_TOLD = 20


@dataclass(frozen=True)
class Wrong:
    """An answer that must not be.

    Args:
        what: is wrong with it.
        method: path of the method.
        request: what was sent.
    """

    what: str
    method: str
    request: bytes

    def __str__(self) -> str:
        return f"{self.method}: {self.what}; request {self.request[:300].hex()}"


class Fuzzer:
    """Calls every method with drawn requests, from several threads.

    Args:
        address: of the server.
        seed: of all draws; threads have their own.
        examples: right requests by path.
        hidden: texts of the server's machine that no answer may tell.
    """

    def __init__(self, address: str, seed: int, examples: dict[str, list[bytes]], hidden: Sequence[str] = ()) -> None:
        self._address = address
        self._seed = seed
        self._examples = examples
        host = socket.gethostname()
        self._hidden = [text for text in (*hidden, str(ROOT), sys.prefix, host if len(host) > 5 else "") if text]
        self.known = Known(random.Random(f"{seed}/known"))
        self.methods = methods()
        self.calls: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.filled: set[str] = set()
        self.wrong: list[Wrong] = []
        self.longest_s = 0.0
        self._changing = threading.Lock()

    @property
    def not_called(self) -> set[str]:
        """Paths of methods that nobody has called."""
        return {method.path for method in self.methods} - set(self.calls)

    @property
    def not_filled(self) -> set[str]:
        """Full names of request fields that nobody has set."""
        return {field for method in self.methods for field in fields(method.asks)} - self.filled

    def run(self, number: int, threads: int = 4, tick: Callable[[], None] = lambda: None) -> None:
        """Make so many calls; `tick` is called about once a second."""
        with ThreadPoolExecutor(threads) as pool:
            shares = [number // threads + (place < number % threads) for place in range(threads)]
            working = [pool.submit(self._work, place, share) for place, share in enumerate(shares)]
            while wait(working, timeout=1.0).not_done:
                tick()
        for work in working:
            work.result()

    def _work(self, place: int, number: int) -> None:
        draw = random.Random(f"{self._seed}/{place}")
        grammar = Grammar(draw, self.known)
        options = [("grpc.max_receive_message_length", LARGEST), ("grpc.use_local_subchannel_pool", 1)]
        order: list[Method] = []
        with grpc.insecure_channel(self._address, options=options) as channel:
            for turn in range(number):
                if not order:
                    order = draw.sample(self.methods, len(self.methods))
                method = order.pop()
                request = grammar.request(method.question(), self._examples.get(method.path, []))
                self._call(channel, method, request, draw)
                if turn % 200 == 0:
                    _throw_at_the_port(self._address, draw)
        with self._changing:
            self.filled |= grammar.filled

    def _call(self, channel: grpc.Channel, method: Method, request: bytes, draw: random.Random) -> None:
        whim = draw.random()
        hurried = whim < 0.02
        deadline_s = draw.uniform(0.001, 0.05) if hurried else SHORT_S if method.name in LASTING else DEADLINE_S
        begun = time.monotonic()
        answers: list[bytes] = []
        try:
            answers = _answers(channel, method, request, deadline_s, self._metadata(draw))
            code, said = "OK", ""
        except grpc.RpcError as error:
            code, said = error.code().name, _said(error)
        took_s = time.monotonic() - begun
        wrong = self._judged(method, request, code, said, may_be_late=hurried or method.name in LASTING)
        with self._changing:
            self.calls[method.path] += 1
            self.codes[code] += 1
            if not hurried:
                self.longest_s = max(self.longest_s, took_s)
            if wrong and len(self.wrong) < MOST_TOLD:
                self.wrong.append(Wrong(wrong, method.path, request))
        self._learn(channel, method, answers, draw)

    def _metadata(self, draw: random.Random) -> tuple[tuple[str, str | bytes], ...]:
        """Nothing as a rule; else a forged token, one that an answer told, or what no server asks for."""
        if draw.random() > 0.04:
            return ()
        token = draw.choice((*FORGED, f"Bearer {self.known.like('secret', draw)}"))
        return draw.choice(((("authorization", token),), (("x-nobody", "asks"), ("x-nobody-bin", draw.randbytes(50)))))

    def _judged(self, method: Method, request: bytes, code: str, said: str, *, may_be_late: bool) -> str:
        """What is wrong with the answer, "" for nothing."""
        if code in NEVER:
            return f"answered {code}: {said[:300]}"
        if code in ("DEADLINE_EXCEEDED", "CANCELLED"):
            return "" if may_be_late else f"no answer within {DEADLINE_S:g} s ({code}: {said[:200]})"
        if code == "UNAVAILABLE" and not method.name.startswith("Propose"):
            return f"the server was not there: {said[:300]}"
        told = [text for text in self._hidden if text in said and text.encode() not in request]
        traced = TRACES.search(said)
        if traced and traced.group().encode() not in request:
            told.append(traced.group())
        return f"{code} tells {', '.join(told)}: {said[:300]}" if told else ""

    def _learn(self, channel: grpc.Channel, method: Method, answers: list[bytes], draw: random.Random) -> None:
        """Keep the ids of answers, and stop the long work that was begun."""
        for data in answers[:1]:
            answer = method.answer(data)
            if method.name not in LISTS_OF_ALL:
                self.known.learn(answer)
            if answer.DESCRIPTOR.full_name == "google.longrunning.Operation" and draw.random() < 0.9:
                cancel = next(each for each in self.methods if each.name == "CancelOperation")
                question = cancel.question()
                question.name = answer.name  # type: ignore[attr-defined]
                try:
                    _answers(channel, cancel, question.SerializeToString(), DEADLINE_S)
                except grpc.RpcError as error:
                    if error.code().name in NEVER:
                        with self._changing:
                            self.wrong.append(Wrong(error.code().name, cancel.path, question.SerializeToString()))


def _answers(
    channel: grpc.Channel, method: Method, request: bytes, deadline_s: float, metadata: Any = ()
) -> list[bytes]:
    """The answers of a call as bytes; of a stream that never ends by itself the first."""
    endless = method.name in LASTING
    if method.takes_many:
        call = channel.stream_stream(method.path)(iter([request]), timeout=deadline_s, metadata=metadata)
    elif method.gives_many:
        call = channel.unary_stream(method.path)(request, timeout=deadline_s, metadata=metadata)
    else:
        return [channel.unary_unary(method.path)(request, timeout=deadline_s, metadata=metadata)]
    answers = []
    for answer in call:
        answers.append(answer)
        if endless:
            call.cancel()
            break
    return answers


def _said(error: grpc.RpcError) -> str:
    """All that the server told: message and details."""
    parts = [error.details() or ""]
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            try:
                parts.append(str(Status.FromString(value)))
            except DecodeError:
                parts.append(repr(value))
    return "\n".join(parts)


def _throw_at_the_port(address: str, draw: random.Random) -> None:
    """What port scanners and broken programs send; the connection is left without a word."""
    host, _, port = address.rpartition(":")
    garbage = draw.choice(
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + draw.randbytes(200),
            draw.randbytes(90),
        )
    )
    try:
        with socket.create_connection((host, int(port)), timeout=5) as raw:
            raw.sendall(garbage)
    except OSError:
        pass  # that the server is gone is told by the next call
