"""The real server as a child process, for one run: started, watched, started again when it dies, stopped.

It listens on a Unix socket whose path follows from WORKDIR, so that a server that was started again is found at the
same address by calls that are waiting for it. It ends when its standard input closes: however this process dies, even
by SIGKILL, no server is left behind.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from maskloop.errors import FailedPrecondition, Unavailable

READY = "maskloop: serving on "
READY_WITHIN_S = 120.0
STOP_WITHIN_S = 20.0
MOST_RESTARTS = 5
LOG_LINES_TOLD = 5
NOT_FROM_HERE = {"PYTHONSAFEPATH": "1"}
"""For the server and its children: a folder called `service` where al-loop was started is not ours."""


def weights_folders(*overrides: Mapping[str, object]) -> tuple[Path, ...]:
    """The folders of the files that options of recipes name as `weights`; none for weights that have a name."""
    named = [Path(str(options["weights"])) for options in overrides if options.get("weights")]
    return tuple(sorted({path.resolve().parent for path in named if path.is_file()}))


class LocalServer:
    """A server over WORKDIR/server, logging to WORKDIR/server.log.

    Args:
        workdir: the run's folder.
        device: where it trains: `auto`, `cpu` or `cuda`.
        tell: is shown a sentence when the server died and is started again.
        image_roots: folders whose image files it may refer to by their uri, without a copy.
        weights_roots: folders in which the weights lie that trainings start from, see `weights_folders`.
        settings: further keys of the server's configuration.

    Raises:
        Unavailable: on entering, when it does not come up; with the last lines of its log.
    """

    def __init__(
        self,
        workdir: Path,
        device: str,
        tell: Callable[[str], None],
        *,
        image_roots: Sequence[Path] = (),
        weights_roots: Sequence[Path] = (),
        **settings: object,
    ) -> None:
        self._data = workdir / "server"
        self._log = workdir / "server.log"
        self._device = device
        self._environment = {f"MASKLOOP_{key.upper()}": str(value) for key, value in settings.items()}
        self._roots = [("--image-root", root) for root in image_roots]
        self._roots += [("--weights-root", root) for root in weights_roots]
        self._tell = tell
        self._ready = threading.Event()
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep_alive, name="local-server", daemon=True)
        self.address = f"unix:{_socket_of(workdir)}"

    def __enter__(self) -> LocalServer:
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        self._watch.start()
        if not self._ready.wait(READY_WITHIN_S) or self._over.is_set():
            self.stop()
            raise Unavailable(f"the server did not start; {self._log} ends with: {self._last_words()}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the server end, by force if it takes too long."""
        self._over.set()
        process = self._process
        if process is not None:
            _close(process)
        self._watch.join(STOP_WITHIN_S)

    def _keep_alive(self) -> None:
        """Run the server, again and again until it is to stop or has died too often."""
        for start in range(1 + MOST_RESTARTS):
            if start:
                self._tell(f"the server ended unexpectedly and is started again ({start} of {MOST_RESTARTS})")
            killed = self._run_once() < 0
            if self._over.is_set() or not (killed or self._ready.is_set()):
                break  # one that ended by itself before it was ready would do so again
        else:
            self._tell(f"the server ended unexpectedly too often; {self._log} ends with: {self._last_words()}")
        self._over.set()
        self._ready.set()

    def _run_once(self) -> int:
        """Run the server to its end. Returns its exit code, negative if a signal killed it."""
        with open(self._log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **NOT_FROM_HERE, **self._environment},
                start_new_session=True,
            )
            if self._over.is_set():
                _close(self._process)
            for line in self._process.stdout or ():
                log.write(line)
                log.flush()
                if line.decode(errors="replace").startswith(READY):
                    self._ready.set()
            return self._process.wait()

    def _command(self) -> list[str]:
        options = {"--address": self.address, "--data-dir": str(self._data), "--device": self._device}
        flat = [part for pair in options.items() for part in pair]
        roots = [str(part) for pair in self._roots for part in pair]
        return [sys.executable, "-m", "service", "serve", "--exit-with-parent", *flat, *roots]

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").split("\n")
        except OSError:
            return "nothing"
        return " / ".join([line for line in lines if line.strip()][-LOG_LINES_TOLD:]) or "nothing"


def _close(process: subprocess.Popen[bytes]) -> None:
    """End of input asks the server to go; what does not go is killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _socket_of(workdir: Path) -> Path:
    """A short path of our own (a Unix socket's may have 107 characters), the same for the same WORKDIR.

    Raises:
        FailedPrecondition: the folder for it belongs to somebody else.
    """
    folder = Path(tempfile.gettempdir()) / f"maskloop-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise FailedPrecondition(f"{folder} is not ours alone; remove it or set TMPDIR", field="workdir")
    return folder / f"{hashlib.sha256(str(workdir.resolve()).encode()).hexdigest()[:16]}.sock"
