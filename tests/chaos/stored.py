"""What the server keeps of a project, read over the wire when all is calm."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.longrunning import operations_pb2
from google.protobuf.message import Message

from maskloop.v1 import campaigns_pb2, labels_pb2, models_pb2, projects_pb2
from tests.chaos.surface import Method, methods

CALL_S = 120.0
PAGE = 500


@dataclass(frozen=True)
class Stored:
    """Messages of `maskloop.v1`.

    Args:
        labels: all, those that were corrected included, oldest first.
        campaigns, batches, images, models, operations: all of the project.
        digests: of image files as `ReadImage` gives them, SHA-256 in hex by image id.
    """

    labels: list[Any]
    campaigns: list[Any]
    batches: list[Any]
    images: list[Any]
    models: list[Any]
    operations: list[Any]
    digests: dict[str, str]


def read_stored(address: str, project_id: str) -> Stored:
    """Everything of a project. Raises grpc.RpcError where the server does not answer."""
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        calls = _Calls(channel)
        this: dict[str, Any] = {"project_id": project_id}
        images = calls.all("ListImages", projects_pb2.ListImagesRequest(**this))
        return Stored(
            labels=calls.all("ListLabels", labels_pb2.ListLabelsRequest(**this, include_superseded=True)),
            campaigns=calls.all("ListCampaigns", campaigns_pb2.ListCampaignsRequest(**this)),
            batches=calls.all("ListBatches", campaigns_pb2.ListBatchesRequest(**this)),
            images=images,
            models=calls.all("ListModels", models_pb2.ListModelsRequest(**this)),
            operations=calls.all(
                "ListOperations", operations_pb2.ListOperationsRequest(filter=f"project_id={project_id}")
            ),
            digests={image.id: calls.digest(project_id, image.id) for image in images},
        )


def operation_of(address: str, name: str) -> Any:
    """One operation as it stands, or after a wait of some seconds if it has not ended."""
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        request = operations_pb2.WaitOperationRequest(name=name)
        request.timeout.seconds = 5
        return _Calls(channel).one("WaitOperation", request)


class _Calls:
    """Methods by name."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._methods: dict[str, Method] = {method.name: method for method in methods()}

    def one(self, name: str, request: Message) -> Any:
        method = self._methods[name]
        data = self._channel.unary_unary(method.path)(request.SerializeToString(), timeout=CALL_S)
        return method.answer(data)

    def all(self, name: str, request: Any) -> list[Any]:
        """The items of all pages."""
        return list(self._items(name, request))

    def _items(self, name: str, request: Any) -> Iterator[Any]:
        request.page_size = PAGE
        while True:
            page = self.one(name, request)
            yield from getattr(page, next(field.name for field in page.DESCRIPTOR.fields if field.is_repeated))
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def digest(self, project_id: str, image_id: str) -> str:
        method = self._methods["ReadImage"]
        request = projects_pb2.ReadImageRequest(project_id=project_id, image_id=image_id)
        pieces = self._channel.unary_stream(method.path)(request.SerializeToString(), timeout=CALL_S)
        found = hashlib.sha256()
        for piece in pieces:
            found.update(projects_pb2.ReadImageResponse.FromString(piece).data)
        return found.hexdigest()
