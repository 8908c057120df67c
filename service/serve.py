"""One server's life: take the data folder, listen, serve until asked to stop.

What a person may have got wrong is checked first: the desks and gRPC take seconds of processor time to import.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidConfig
from models.foreign.names import ForeignName
from models.kinds.recipes import resolve
from service.artifacts.data_folder import DataFolder
from service.config import ServerConfig
from service.edge.address import check_config, check_free
from service.page import check_page, page_beside

LOOK_EVERY_S = 0.1


def serve(config: ServerConfig) -> None:
    """Serve until SIGTERM, SIGINT or, if so configured, the end of standard input.

    Prints `maskloop: serving on ADDRESS` once calls are welcome.

    Raises:
        InvalidConfig: a value that cannot be used, such as the data folder's place, the recipe, the device, the page's
            port or the network that answers prompts.
        FailedPrecondition: another server has the data folder or the address.
        Unavailable: the database cannot be reached.
    """
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells of every CPU feature that it looks for
    check_config(config)
    check_page(config)
    resolve(config.recipe)
    if config.prompter:
        ForeignName.parse(config.prompter).check()
    for key in ("data_dir", "networks_dir", "features_dir"):
        _make_folder(getattr(config, key), key)
    with _locked(DataFolder(config.data_dir).lock, config.lock_wait_s):
        check_free(config.address)  # a predecessor that was leaving the data folder has left the address too
        asyncio.run(_serve(config))


def _make_folder(folder: Path | None, key: str) -> None:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidConfig(f"cannot make {folder}: {error.strerror}", field=key) from error


async def _serve(config: ServerConfig) -> None:
    from service.desks import open_desks
    from service.edge.server import EdgeServer
    from service.store.clock import new_id

    stopping = asyncio.Event()
    _stop_when_asked(stopping, config.exit_with_parent)
    with open_desks(config) as desks:
        edge = EdgeServer(desks, config, new_id)
        try:
            address = await edge.start()
            await asyncio.to_thread(desks.proposals.open)
            await asyncio.to_thread(desks.operations.open)
            await edge.serve()
            print(f"maskloop: serving on {address}", flush=True)
            with page_beside(config, address):
                await stopping.wait()
        finally:
            await edge.stop()


def _stop_when_asked(stopping: asyncio.Event, with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    def listen() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not through sys.stdin, whose lock would outlive this thread
            pass
        loop.call_soon_threadsafe(stopping.set)

    if with_parent:
        threading.Thread(target=listen, name="parent", daemon=True).start()


@contextmanager
def _locked(path: Path, patience_s: float) -> Iterator[None]:
    """Hold the file's lock, which the kernel takes back however this process ends."""
    until = time.monotonic() + patience_s
    try:
        file = path.open("a+")
    except OSError as error:
        raise InvalidConfig(f"cannot write {path}: {error.strerror}", field="data_dir") from error
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise FailedPrecondition(
                        f"{path} is held by the server with process id {_holder(path)}", field="data_dir"
                    ) from None
                time.sleep(LOOK_EVERY_S)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _holder(path: Path) -> str:
    return path.read_text().strip() or "unknown"
