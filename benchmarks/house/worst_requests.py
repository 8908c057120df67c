"""The worst requests of each kind that a server is sent, and how they may end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np

from maskloop.convert import mask_to_message
from maskloop.masks import Mask
from maskloop.v1 import labels_pb2, masks_pb2, projects_pb2
from maskloop.v1.labels_pb2_grpc import LabelServiceStub
from maskloop.v1.projects_pb2_grpc import ProjectServiceStub

MIB = 1024 * 1024
LABELED, SIDE = 100, 256
HEIGHT = 4096  # of large images; a mask of theirs of 4 MiB sets every second pixel
UNLABELED: dict[str, list[str]] = {}
"""Ids of images without a label, once they are there."""


@dataclass(frozen=True)
class Case:
    """Requests that are sent at once, and how they may end.

    Args:
        send: sends them to a channel; gives how often each status was the answer.
        ends: names of the statuses.
    """

    name: str
    send: Callable[[grpc.Channel], Counter[str]]
    ends: frozenset[str]


def all_cases() -> Iterator[Case]:
    """The worst of each kind of request."""
    taken, refused, busy = "OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"
    yield Case("100,000 objects", lambda c: send(c, [submit([small()] * 100_000)]), frozenset({refused}))
    yield Case("the most objects", lambda c: send(c, [submit([small()] * 10_000)]), frozenset({taken, refused}))
    yield Case("a mask of 4 MiB", lambda c: send(c, [submit([heavy(4 * MIB)])]), frozenset({taken, refused}))
    yield Case("a mask of 60 MiB", lambda c: send(c, [submit([heavy(60 * MIB)])]), frozenset({busy}))
    yield Case("a mask of 47 MiB", lambda c: send(c, [submit([heavy(47 * MIB)])]), frozenset({refused}))
    yield Case("11 masks of 4 MiB", lambda c: send(c, [submit([heavy(4 * MIB)] * 11)]), frozenset({taken, refused}))
    yield Case("16 MiB of masks", lambda c: send(c, [submit([heavy(4 * MIB)] * 4)]), frozenset({taken}))
    yield Case(
        "16 MiB, eight at once",
        lambda c: send(c, [submit([heavy(4 * MIB)] * 4) for _ in range(8)]),
        frozenset({taken, busy}),
    )
    yield Case("47 MiB of nothing", lambda c: send(c, [nothing(47 * MIB // 2)]), frozenset({refused}))
    yield Case("300 exports", export, frozenset({taken, busy}))
    yield Case("300 pages of labels", pages, frozenset({taken, busy}))
    yield Case("a name of 47 MiB", name, frozenset({refused, busy}))


def small() -> masks_pb2.ObjectMask:
    """One object of a few pixels."""
    array = np.zeros((SIDE, SIDE), dtype=bool)
    array[:2, :2] = True
    return masks_pb2.ObjectMask(category_id=1, mask=mask_to_message(Mask.from_array(array)))


def heavy(size: int) -> masks_pb2.ObjectMask:
    """One object whose runs take so many bytes: every second pixel."""
    width = size // HEIGHT
    rle = b"111" + b"0" * (HEIGHT * width - 3)
    return masks_pb2.ObjectMask(category_id=1, mask=masks_pb2.Mask(height=HEIGHT, width=width, rle=rle))


def submit(objects: list[masks_pb2.ObjectMask]) -> bytes:
    """A request with one label of an image that has none, of the masks' size."""
    image_id = UNLABELED["large" if objects[0].mask.height == HEIGHT else "small"].pop()
    draft = labels_pb2.LabelDraft(image_id=image_id, full=masks_pb2.ObjectMasks(objects=objects))
    return labels_pb2.SubmitLabelsRequest(project_id="p", annotator="ann", labels=[draft]).SerializeToString()


def nothing(parts: int) -> bytes:
    """A request with so many empty objects, two bytes each."""
    objects = b"\x0a\x00" * parts
    draft = within(labels_pb2.LabelDraft, "full", objects)
    return within(labels_pb2.SubmitLabelsRequest, "labels", draft)


def within(message_class: Any, field: str, data: bytes) -> bytes:
    """A message with these bytes as one of its fields."""
    key = message_class.DESCRIPTOR.fields_by_name[field].number << 3 | 2
    return varint(key) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """As protobuf writes it."""
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def send(channel: grpc.Channel, requests: list[bytes]) -> Counter[str]:
    """Submissions of labels, all at once."""
    method = channel.unary_unary("/maskloop.v1.LabelService/SubmitLabels")
    return ends([method.future(request, timeout=300) for request in requests])


def export(channel: grpc.Channel) -> Counter[str]:
    """Three hundred exports at once; each that is taken is read to its end."""
    method = channel.unary_stream("/maskloop.v1.LabelService/ExportLabels")
    request = labels_pb2.ExportLabelsRequest(project_id="p").SerializeToString()
    ended: Counter[str] = Counter()

    def read() -> None:
        try:
            sizes = sum(len(piece) for piece in method(request, timeout=300))
            ended["OK" if sizes > LABELED else "SHORT"] += 1
        except grpc.RpcError as error:
            ended[error.code().name] += 1

    readers = [threading.Thread(target=read) for _ in range(300)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return ended


def pages(channel: grpc.Channel) -> Counter[str]:
    """Three hundred pages of labels at once."""
    request = labels_pb2.ListLabelsRequest(project_id="p", page_size=1000)
    method = LabelServiceStub(channel).ListLabels
    return ends([method.future(request, timeout=300) for _ in range(300)])


def name(channel: grpc.Channel) -> Counter[str]:
    """A project with a name of 47 MiB; projects are listed all the same."""
    stub = ProjectServiceStub(channel)
    category = projects_pb2.Category(id=1, name="crack")
    request = projects_pb2.CreateProjectRequest(project_id="q", display_name="x" * 47 * MIB, categories=[category])
    ended = ends([stub.CreateProject.future(request, timeout=60)])
    stub.ListProjects(projects_pb2.ListProjectsRequest(), timeout=60)
    return ended


def ends(calls: list[Any]) -> Counter[str]:
    """How often each status was the answer."""
    return Counter(grpc.StatusCode.OK.name if call.exception() is None else call.code().name for call in calls)
