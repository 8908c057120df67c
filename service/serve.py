"""One server's life: take the data folder, listen, serve until asked to stop.

What a person may have got wrong is checked first: the desks and gRPC take seconds of processor time to import.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from maskloop.errors import FailedPrecondition, InvalidConfig
from models.foreign.names import ForeignName
from models.kinds.recipes import resolve
from service.artifacts.data_folder import DataFolder
from service.config import ServerConfig
from service.edge.address import check_config, check_free
from service.log import FORM, begin_log, secrets_of, without
from service.page import check_page, page_beside

LOOK_EVERY_S = 0.1
SWITCH_S = 0.002
"""How long one thread may keep others from running: a call goes through several, and may wait for each."""
logger = logging.getLogger(__name__)


def serve(config: ServerConfig) -> None:
    """Serve until SIGTERM, SIGINT or, if so configured, the end of standard input.

    Prints `maskloop: serving on ADDRESS` once calls are welcome.

    Raises:
        InvalidConfig: a value that cannot be used, such as the data folder's place, the recipe, the device, the page's
            port or the network that answers prompts.
        FailedPrecondition: another server has the data folder, the database or the address; or the database was lost.
        Unavailable: the database cannot be reached.
    """
    begin_log(config.log_level, FORM, urls := (config.database_url, config.workflows_url, config.blobs_url))
    try:
        with _private():
            _serve_private(config)
    except OSError as error:
        logger.debug("the server ended", exc_info=True)
        place = f"{error.filename}: " if error.filename else ""
        raise InvalidConfig(f"{place}{without(secrets_of(urls), error.strerror or str(error))}") from error


def _serve_private(config: ServerConfig) -> None:
    check_config(config)
    check_page(config)
    resolve(config.recipe)
    if config.prompter:
        ForeignName.parse(config.prompter).check()
    for key in ("data_dir", "networks_dir", "features_dir"):
        _make_folder(getattr(config, key), key)
    _keep_private(config.data_dir)
    with _locked(DataFolder(config.data_dir).lock, config.lock_wait_s):
        check_free(config.address)  # a predecessor that was leaving the data folder has left the address too
        asyncio.run(_serve(config))


def _make_folder(folder: Path | None, key: str) -> None:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "a file has that name" if isinstance(error, FileExistsError) else error.strerror
        raise InvalidConfig(f"cannot make the folder {folder}: {why}", field=key) from error


@contextmanager
def _private() -> Iterator[None]:
    """What this process and its children write is for their user alone: folders 0700, files and sockets 0600."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _keep_private(folder: Path) -> None:
    """Close a folder to others, and with it all that lies below; one that others may have made is left as it is."""
    status = folder.stat()
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o077:
        return
    is_ours = DataFolder(folder).lock.is_file() or next(folder.iterdir(), None) is None
    if is_ours and status.st_uid == os.geteuid() and not mode & stat.S_ISVTX:
        folder.chmod(mode & 0o700)
        logger.warning("others could read %s: its mode was %03o and is %03o now", folder, mode, mode & 0o700)
    else:
        logger.warning("others may read %s, whose mode is %03o", folder, mode)


async def _serve(config: ServerConfig) -> None:
    from service.desks import open_desks
    from service.edge.server import EdgeServer
    from service.store.clock import new_id

    stopping, loop, lost = asyncio.Event(), asyncio.get_running_loop(), list[str]()
    _stop_when_asked(stopping, config.exit_with_parent)

    def on_lost(why: str) -> None:
        lost.append(why)
        loop.call_soon_threadsafe(stopping.set)

    with open_desks(config, on_lost) as desks:
        edge = EdgeServer(desks, config, new_id)
        try:
            address = await edge.start()
            await asyncio.to_thread(desks.proposals.open)
            await asyncio.to_thread(desks.operations.open)
            sys.setswitchinterval(SWITCH_S)
            gc.freeze()  # what is loaded stays: a collection that looked through it would stop all threads for 0.2 s
            await edge.serve()
            print(f"maskloop: serving on {address}", flush=True)
            with page_beside(config, address):
                await stopping.wait()
        finally:
            await edge.stop()
    if lost:
        raise FailedPrecondition(lost[0], field="database")


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
    until, told = time.monotonic() + patience_s, False
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
                if not told:
                    logger.warning("the server with process id %s holds %s; waiting for it", _holder(path), path)
                    told = True
                time.sleep(LOOK_EVERY_S)
        _sign(file)
        yield


def _sign(file: IO[str]) -> None:
    """Say who holds the lock, if there is room for it."""
    with suppress(OSError):
        file.truncate(0)
        os.write(file.fileno(), str(os.getpid()).encode())


def _holder(path: Path) -> str:
    return path.read_text().strip() or "unknown"
