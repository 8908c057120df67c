"""What a client asked and was answered, on disk before the next line of its program.

One file a client, one JSON object a line, each flushed to the disk: first what is asked, then what came of it. A client
that is killed leaves calls without an answer behind, and perhaps half a line.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

REFUSALS = frozenset(
    {
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "FAILED_PRECONDITION",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "RESOURCE_EXHAUSTED",
        "ABORTED",
        "UNIMPLEMENTED",
        "OUT_OF_RANGE",
    }
)
"""Codes that promise that nothing was changed."""
OK = "OK"


class Outcome(Enum):
    """What is known of a call."""

    ACCEPTED = "it was answered"
    REFUSED = "nothing was changed"
    OPEN = "nobody knows whether it was done"


@dataclass
class Attempt:
    """One time that a call was sent.

    Args:
        sent_at, ended_at: of the machine's monotonic clock, in seconds; the second `None` if nothing came back.
        code: gRPC's name of what came back, "" for nothing.
        answer: bytes of the answer's message.
        said: the error's message.
    """

    sent_at: float
    ended_at: float | None = None
    code: str = ""
    answer: bytes = b""
    said: str = ""


@dataclass
class Call:
    """A call with all its attempts, which carry the same request id.

    Args:
        id: unique among all clients.
        client: who called.
        method: path of the method.
        request: bytes of the request's message.
    """

    id: str
    client: str
    method: str
    request: bytes
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The method's name."""
        return self.method.rpartition("/")[2]

    @property
    def accepted(self) -> list[Attempt]:
        """Attempts that were answered."""
        return [attempt for attempt in self.attempts if attempt.code == OK]

    @property
    def outcome(self) -> Outcome:
        """A refusal counts only where no attempt before it may have been done."""
        if self.accepted:
            return Outcome.ACCEPTED
        return Outcome.REFUSED if all(one.code in REFUSALS for one in self.attempts) else Outcome.OPEN


class Journal:
    """Writes one client's file.

    Args:
        file: made if it is not there; a client that was killed goes on in its own.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab")
        if self._file.tell():
            self._file.write(b"\n")  # after half a line

    def sent(self, call: Call) -> Attempt:
        """Tell that a call is about to be sent."""
        attempt = Attempt(time.monotonic())
        call.attempts.append(attempt)
        told = {"call": call.id, "client": call.client, "method": call.method, "sent_at": attempt.sent_at}
        self._write({**told, "request": base64.b64encode(call.request).decode()})
        return attempt

    def ended(self, call: Call, attempt: Attempt, code: str, answer: bytes = b"", said: str = "") -> None:
        """Tell what came back."""
        attempt.ended_at, attempt.code, attempt.answer, attempt.said = time.monotonic(), code, answer, said
        told = {"call": call.id, "place": len(call.attempts) - 1, "ended_at": attempt.ended_at, "code": code}
        self._write({**told, "answer": base64.b64encode(answer).decode(), "said": said})

    def _write(self, told: object) -> None:
        self._file.write(json.dumps(told).encode() + b"\n")
        self._file.flush()
        os.fdatasync(self._file.fileno())


def read_calls(files: Iterable[Path]) -> list[Call]:
    """All calls of some journals, by when they were first sent."""
    calls: dict[str, Call] = {}
    for file in files:
        for line in file.read_bytes().splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue  # half a line: its client was killed
            if "request" in told:
                known = Call(told["call"], told["client"], told["method"], base64.b64decode(told["request"]))
                calls.setdefault(known.id, known).attempts.append(Attempt(told["sent_at"]))
            else:
                attempt = calls[told["call"]].attempts[told["place"]]
                attempt.ended_at, attempt.code, attempt.said = told["ended_at"], told["code"], told["said"]
                attempt.answer = base64.b64decode(told["answer"])
    return sorted(calls.values(), key=lambda call: call.attempts[0].sent_at)
