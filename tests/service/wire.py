"""A gRPC server of ours in this process, on a real socket, beside the tests' thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from service.config import ServerConfig
from service.desks import open_desks
from service.edge.server import EdgeServer
from service.store.clock import new_id
from tests.service.empty_store import put_empty_store


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any], timeout_s: float = 30) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Edge:
    """An edge server over the desks of a folder."""

    def __init__(self, folder, **options):
        options = {"address": "127.0.0.1:0", "data_dir": folder / "data", "grace_s": 0.5, **options}
        config = ServerConfig(**options)
        if not (config.database_url or config.new_database):
            put_empty_store(config.data_dir / "maskloop.db")
        self.loop = Loop()
        self._context = open_desks(config)
        self.desks = self._context.__enter__()
        try:
            self.edge = self.loop.do(self._make(config))
            self.address = self.loop.do(self.edge.start())
        except BaseException:
            self._context.__exit__(None, None, None)
            self.loop.close()
            raise

    async def _make(self, config):
        return EdgeServer(self.desks, config, new_id)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.do(self.edge.stop())
        self._context.__exit__(None, None, None)
        self.loop.close()
