"""`al-loop` as people start it, with a recipe that trains in a second, and a look at the processes it starts."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

AL_LOOP = Path(sys.executable).with_name("al-loop")
TINY = "compact,hidden=16,min_iterations=2,max_iterations=2,epochs=1,iou_epochs=1,train_steps=2,checkpoint_every=1"
PATIENCE_S = 280


def _hear_ctrl_c():
    """What shells start in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Loop:
    """`al-loop` on the demo with the tiny recipe, in one working directory."""

    def __init__(self, demo, workdir, *options):
        self.workdir = workdir
        self.command = [str(AL_LOOP), "--data", f"coco:{demo}", "--recipe", TINY, "--image-size", "32"]
        self.command += ["--device", "cpu", "--workdir", str(workdir), *map(str, options)]

    @contextmanager
    def running(self, *more):
        """The process, its output at hand as text; killed on leaving, if need be. One torch thread: tests share."""
        environment = {**os.environ, "MASKLOOP_THREADS": "1"}
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [*self.command, *map(str, more)],
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=environment,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def run(self, *more):
        """(exit code, output, complaints)."""
        with self.running(*more) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, err

    def killed_once(self, begun):
        """The run begins, and its client is killed as soon as the query has an answer; all that it started ends."""
        until = time.monotonic() + PATIENCE_S
        with self.running() as client:
            while not self.rows(begun):
                assert client.poll() is None
                assert time.monotonic() < until
                time.sleep(0.01)
            os.kill(client.pid, signal.SIGKILL)
            client.wait()
        while processes_naming(str(self.workdir)):
            assert time.monotonic() < until
            time.sleep(0.05)

    def report(self):
        return json.loads((self.workdir / "report.json").read_text())

    def rows(self, query):
        """What the server's database answers; nothing while there is none."""
        file = self.workdir / "server" / "maskloop.db"
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
                return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []

    def server_pid(self):
        """The process id of its server; 0 while there is none."""
        lock = self.workdir / "server" / "server.lock"
        text = lock.read_text() if lock.exists() else ""
        return int(text) if text.strip() else 0


def children(pid):
    """Process ids of a process's children; none if it is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def processes_naming(text):
    """Process ids of all processes with `text` in their command line, apart from this one."""
    ids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if text in line:
                ids.append(int(entry.name))
    return ids
