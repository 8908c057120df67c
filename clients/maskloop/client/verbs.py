"""What the verbs of all resources share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from maskloop import convert
from maskloop.client.wire import Wire

PAGE_SIZE = 1000


class Verbs:
    """The wire, and how requests are made.

    Args:
        wire: the channel.
        new_id: makes the request id of a write whose caller gave none, so that it can be repeated safely.
        slow_s: deadline of calls that carry files.
    """

    def __init__(self, wire: Wire, new_id: Callable[[], str], slow_s: float) -> None:
        self._wire = wire
        self._new_id = new_id
        self._stubs: dict[type, Any] = {}
        self.slow_s = slow_s

    def _stub(self, stub_class: Any) -> Any:
        return self._stubs.setdefault(stub_class, stub_class(self._wire.channel))

    def _write(self, request_class: Any, request_id: str, **values: Any) -> Any:
        return convert.request(request_class, request_id=request_id or self._new_id(), **values)

    def _pages(self, method: Any, request_class: Any, page_size: int = PAGE_SIZE, **values: Any) -> Iterator[Any]:
        """The responses of a list, page after page."""
        token = ""
        while True:
            request = convert.request(request_class, page_size=page_size, page_token=token, **values)
            page = self._wire.call(method, request)
            yield page
            token = page.next_page_token
            if not token:
                return
