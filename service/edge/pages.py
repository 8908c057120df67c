"""Pages of lists as messages of bounded size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from maskloop.values import PAGE_BYTES
from service.store.pagination import Page

T = TypeVar("T")
M = TypeVar("M", bound=Message)


def page_to_message(message_class: type[M], field: str, page: Page[T], to_message: Callable[[T], Message]) -> M:
    """A page of a list; one of more than about `PAGE_BYTES` ends early, after one item at least.

    Args:
        message_class: has `next_page_token`.
        field: of the message, which the items go into.
        page: the items.
        to_message: makes a message of one.
    """
    items: list[Message] = []
    token, size = page.next_page_token, 0
    for place, item in enumerate(page.items):
        made = to_message(item)
        size += made.ByteSize()
        if items and size > PAGE_BYTES:
            token = page.token_after(place - 1)
            break
        items.append(made)
    return message_class(**{field: items, "next_page_token": token})
