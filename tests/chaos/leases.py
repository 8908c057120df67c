"""Whether two people could believe at one time that an image was theirs, by what each of them was told.

A lease begins for its holder when the answer comes. It surely lasts until the holder sends what ends it, until its
length has passed since it was asked for, or until the server's clock is put ahead, or a server begins that comes to
know of it. All clients read the machine's monotonic clock.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.chaos.journal import Call
from tests.chaos.people import PATHS


@dataclass
class Lease:
    """One person's hold of one image, in seconds of the monotonic clock.

    Args:
        asked: when it was asked for; it cannot be older.
        begins, ends: when its holder was told, and until when it surely lasts.
    """

    image_id: str
    batch_id: str
    holder: str
    asked: float
    begins: float
    ends: float


def shared_leases(calls: Sequence[Call], jumps: Sequence[float]) -> Iterator[str]:
    """A line for every two leases of an image that two people held at one time."""
    of_image: dict[str, list[Lease]] = defaultdict(list)
    for lease in _leases(calls, jumps):
        if lease.ends > lease.begins:
            of_image[lease.image_id].append(lease)
    for image_id, leases in of_image.items():
        leases.sort(key=lambda lease: lease.begins)
        for first, second in pairwise(leases):
            if second.begins < first.ends and second.holder != first.holder:
                yield (
                    f"image {image_id}: {first.holder} held it in batch {first.batch_id} until {first.ends:.3f}, and "
                    f"{second.holder} got it in batch {second.batch_id} at {second.begins:.3f}"
                )


def _leases(calls: Sequence[Call], jumps: Sequence[float]) -> Iterator[Lease]:
    """Those that somebody was told of, and for as long as nothing could have ended them."""
    asked: dict[str, float] = {}  # since when a batch that a person is told of may have been theirs
    by_batch: dict[str, dict[str, Lease]] = defaultdict(dict)
    for call in calls:
        if call.name == "SelectBatch":
            asked[call.client] = min(asked.get(call.client, math.inf), call.attempts[0].sent_at)
            if call.accepted:
                batch = _answer(call)
                told_at = call.accepted[0].ended_at or call.attempts[0].sent_at
                since = asked.pop(call.client)
                ends = since + _request(call).lease.seconds
                for pick in batch.picks:
                    lease = Lease(pick.image_id, batch.id, call.client, since, told_at, ends)
                    by_batch[batch.id].setdefault(pick.image_id, lease)
        elif call.name in ("SubmitLabels", "SkipImage", "ReleaseBatch"):
            request = _request(call)
            for lease in _ended_by(call.name, request, by_batch.get(request.batch_id, {})):
                lease.ends = min(lease.ends, call.attempts[0].sent_at)
    for leases in by_batch.values():
        for lease in leases.values():
            lease.ends = min([lease.ends, *(jump for jump in jumps if jump > lease.asked)])
            yield lease


def _ended_by(name: str, request: Any, held: dict[str, Lease]) -> list[Lease]:
    if name == "SubmitLabels":
        ids = [draft.image_id for draft in request.labels]
    elif name == "SkipImage":
        ids = [request.image_id]
    else:
        ids = list(request.image_ids) or list(held)
    return [held[image_id] for image_id in ids if image_id in held]


def _request(call: Call) -> Any:
    message: Any = PATHS[call.name].question()
    message.ParseFromString(call.request)
    return message


def _answer(call: Call) -> Any:
    return PATHS[call.name].answer(call.accepted[0].answer)
