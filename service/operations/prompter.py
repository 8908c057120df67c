"""The server's side of prompts: calls wait before a process of their own, and are answered several at a time."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from maskloop.errors import DeadlineExceeded, InternalError, MaskloopError, Unavailable
from service.device.messages import AnswerMasks, AskMasks, DeviceSettings, MasksAnswered, Outlined, Ready
from service.operations.child import DeviceDiedError, dying, end, hear, start, tell_where
from service.operations.vigil import HungError, Patience, Vigil

AT_ONCE = 16  # calls that are answered in one pass
PATIENCE = Patience(start_s=600.0, still_s=60.0, silent_s=300.0)
RETRY_AFTER_S = 0.5
logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Call:
    """A call that waits until `until`, on the monotonic clock, for its answer."""

    asked: AskMasks
    until: float
    answer: Future[Outlined] = field(default_factory=Future)

    def is_wanted(self) -> bool:
        """Whether its caller still waits; from now on it gets an answer."""
        return time.monotonic() < self.until and self.answer.set_running_or_notify_cancel()


class Prompter:
    """Has prompts answered in a process of their own, which no training keeps waiting.

    The process begins with the first call, which waits seconds for it. Calls that wait while it works are answered in
    one pass, if they are of one model. Where it dies or hangs, the calls that it had are told so, and the next one
    begins another. It ends with this process, however that ends. `open` begins it before any call.

    Args:
        settings: how it works.
        patience: when the process is taken for hung.
    """

    def __init__(self, settings: DeviceSettings, patience: Patience = PATIENCE) -> None:
        self._settings = settings
        self._patience = patience
        self._changed = threading.Condition()
        self._calls: list[_Call] = []
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._closing = False

    @property
    def pid(self) -> int | None:
        """Process id of the process, `None` while there is none."""
        return None if self._process is None else self._process.pid

    def open(self) -> None:
        """Begin the process, and wait until it takes calls.

        Raises:
            InvalidConfig: torch cannot use the device, or the network that is not ours cannot be loaded.
            Unavailable: it died as it began.
        """
        ready: Future[None] = Future()
        with self._changed:
            self._begin(ready)
        ready.result()

    def propose(self, asked: AskMasks, within_s: float) -> Outlined:
        """A call's proposals, in the order of its prompts.

        Args:
            within_s: seconds after which nobody wants them any more. A call that has not been begun by then is dropped.

        Raises:
            DeadlineExceeded: they have passed.
            Unavailable: the process died at it, or the server stops; the call may be repeated.
            MaskloopError: whatever the model refuses.
        """
        call = _Call(asked, time.monotonic() + within_s)
        with self._changed:
            if self._closing:
                raise Unavailable("the server is stopping")
            self._calls.append(call)
            self._begin()
            self._changed.notify()
        try:
            return call.answer.result(within_s)
        except (TimeoutError, CancelledError) as error:
            call.answer.cancel()
            raise DeadlineExceeded("the deadline passed before the prompts were answered") from error

    def close(self) -> None:
        """End the process; calls that wait are told that the server stops."""
        with self._changed:
            self._closing = True
            self._kill()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _begin(self, ready: Future[None] | None = None) -> None:
        """Begin the thread that the process belongs to, if it has not begun; it begins the process if `ready` asks."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, args=(ready,), name="prompts", daemon=True)
            self._thread.start()

    def _serve(self, ready: Future[None] | None) -> None:
        """The thread that the process belongs to."""
        if ready is not None:
            self._connect(ready)
        while calls := self._next():
            try:
                answers = self._answers([call.asked for call in calls])
            except MaskloopError as refusal:
                answers = [refusal] * len(calls)
            except Exception:
                logger.exception("prompts could not be answered")
                answers = [InternalError("a fault of the server's; its log says more")] * len(calls)
            for call, answer in zip(calls, answers, strict=True):
                if isinstance(answer, MaskloopError):
                    call.answer.set_exception(answer)
                else:
                    call.answer.set_result(answer)
        self._bury()
        for call in self._calls:
            if call.answer.set_running_or_notify_cancel():
                call.answer.set_exception(Unavailable("the server is stopping"))

    def _next(self) -> list[_Call]:
        """The calls to answer next, all of one model; none when the server stops."""
        with self._changed:
            while True:
                while not self._calls and not self._closing:
                    self._changed.wait()
                if self._closing:
                    return []
                model = self._calls[0].asked.checkpoint
                taken = [call for call in self._calls if call.asked.checkpoint == model][:AT_ONCE]
                self._calls = [call for call in self._calls if call not in taken]
                if wanted := [call for call in taken if call.is_wanted()]:
                    return wanted

    def _answers(self, asked: Sequence[AskMasks]) -> Sequence[Outlined | MaskloopError]:
        try:
            pipe = self._connected()
            with dying():
                pipe.send(AnswerMasks(tuple(asked)))
            answered: MasksAnswered = self._hear(pipe, self._patience.silent_s)
        except DeviceDiedError as death:
            why = self._became(death)
            if self._closing:
                raise Unavailable("the server is stopping") from death
            logger.warning("the process that answers prompts %s", why)
            raise Unavailable(
                f"the process that answers prompts {why}; the next call begins another", retry_after_s=RETRY_AFTER_S
            ) from death
        return answered.answers

    def _connect(self, ready: Future[None]) -> None:
        try:
            self._connected()
        except DeviceDiedError as death:
            why = self._became(death)
            ready.set_exception(Unavailable(f"the process that answers prompts {why} as it began"))
        except Exception as error:
            ready.set_exception(error)
        else:
            ready.set_result(None)

    def _connected(self) -> Connection:
        """The pipe to the process.

        Raises:
            DeviceDiedError: a new process died or hung as it began.
            InvalidConfig: torch cannot use the device, or the network that is not ours cannot be loaded.
            Unavailable: the server stops.
        """
        if self._pipe is not None:
            return self._pipe
        with self._changed:
            if self._closing:
                raise Unavailable("the server is stopping")
            self._process, pipe = start("service.device.prompts.prompt_process")
        with dying():
            pipe.send(self._settings)
        ready: Ready = self._hear(pipe, self._patience.start_s)
        if ready.error is not None:
            self._bury()
            raise ready.error
        self._pipe = pipe
        return pipe

    def _hear(self, pipe: Connection, within_s: float) -> Any:
        """The process's next word, unless it dies or hangs."""
        process = self._process
        vigil = Vigil(process.pid if process else 0, still_s=self._patience.still_s, silent_s=within_s)
        return hear(pipe, vigil.look, self._patience.look_every_s)

    def _became(self, death: DeviceDiedError) -> str:
        """Make sure that the process is gone. Returns what became of it, in words that follow its name."""
        process = self._process
        if isinstance(death, HungError) and process is not None and not self._closing:
            tell_where(process)
        status = self._bury()
        return str(death) or f"ended (status {status})"

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _bury(self) -> int | None:
        """Make sure that the process is gone. Returns its exit status."""
        with self._changed:
            process, self._process, self._pipe = self._process, None, None
        return None if process is None else end(process)
