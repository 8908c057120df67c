"""Lists in pages: AIP-158's page_size and opaque page_token."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from maskloop.errors import InvalidArgument
from maskloop.values import PAGE_BYTES

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000

T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items of a list, in its order, with the key of each; `next_page_token` is "" on the last page."""

    items: tuple[T, ...]
    next_page_token: str = ""
    keys: tuple[str, ...] = ()

    def token_after(self, place: int) -> str:
        """The token of the page that begins after the item at this place."""
        return _token_of(self.keys[place])

    def of(self, read: Callable[[T], U]) -> Page[U]:
        """The same page of what is read of its items."""
        return Page(tuple(map(read, self.items)), self.next_page_token, self.keys)


@dataclass(frozen=True)
class PageRequest:
    """Which page: at most `size` items after the one whose key is `after`, "" for the first page."""

    size: int = DEFAULT_PAGE_SIZE
    after: str = ""

    @classmethod
    def of(cls, page_size: int, page_token: str) -> PageRequest:
        """Read a request's fields: 0 means the default size, more than the limit is coerced down to it.

        Raises:
            InvalidArgument: a negative size, or a token that no list handed out.
        """
        if page_size < 0:
            raise InvalidArgument(f"page_size is {page_size}", field="page_size")
        return cls(min(page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE), _key_of(page_token))

    @property
    def after_number(self) -> int:
        """`after`, of a list whose keys are row numbers; 0 for the first page.

        Raises:
            InvalidArgument: the token is another list's.
        """
        if not re.fullmatch("[0-9]{0,18}", self.after):
            raise _strange_token()
        return int(self.after or "0")

    def cut(self, items: Sequence[T], keys: Sequence[str]) -> Page[T]:
        """Make the page of `items`, which holds one item more than `size` if there are more; `keys` name them."""
        if len(items) <= self.size:
            return Page(tuple(items), keys=tuple(keys))
        return Page(tuple(items[: self.size]), _token_of(keys[self.size - 1]), tuple(keys[: self.size]))

    def take(self, rows: Iterable[R], weigh: Callable[[R], int]) -> tuple[list[R], PageRequest]:
        """Rows for `cut`, and the request to cut them by: for fewer, where these weigh more than `PAGE_BYTES`."""
        taken: list[R] = []
        weight = 0
        for row in rows:
            taken.append(row)
            weight += weigh(row)
            if len(taken) > 1 and weight > PAGE_BYTES:
                return taken, PageRequest(len(taken) - 1, self.after)
        return taken, self


def _token_of(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(token: str) -> str:
    try:
        key = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise _strange_token() from error
    if not key.isprintable():
        raise _strange_token()
    return key


def _strange_token() -> InvalidArgument:
    return InvalidArgument("page_token is none that this list handed out", field="page_token")
