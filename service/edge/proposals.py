"""maskloop.v1.ProposalService over the desk of prompts."""
# ruff: noqa: D102, N802 - names and behaviour are those of proposals.proto

from __future__ import annotations

from typing import Any

from maskloop.convert import arguments, prompted_to_message
from maskloop.v1 import proposals_pb2 as pb
from maskloop.v1.proposals_pb2_grpc import ProposalServiceServicer
from service.desk.labels.proposals import ProposalDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered


class ProposalServicer(Threaded, ProposalServiceServicer):  # type: ignore[misc]
    """Masks for what a person shows the network.

    Args:
        threads: of their own, which wait for the network; other calls do not wait for them.
    """

    def __init__(self, desk: ProposalDesk, threads: DeskThreads) -> None:
        self._desk = desk
        super().__init__(threads)

    @answered
    def ProposeMasks(self, request: pb.ProposeMasksRequest, context: Any) -> pb.ProposeMasksResponse:
        asked = {**arguments(request, "project_id", "image_id"), "within_s": context.time_remaining()}
        answer = self._desk.propose_masks(**asked)
        return prompted_to_message(answer)
