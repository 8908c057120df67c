"""maskloop.v1.ClassifierService over the classifier desk."""
# ruff: noqa: D102, N802 - names and behaviour are those of classifiers.proto

from __future__ import annotations

from typing import Any

from google.longrunning.operations_pb2 import Operation

from maskloop.convert import arguments, classifier_to_message, hard_candidate_to_message, operation_to_message
from maskloop.v1 import classifiers_pb2 as pb
from maskloop.v1.classifiers_pb2_grpc import ClassifierServiceServicer
from service.desk.models.classifiers import ClassifierDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered


class ClassifierServicer(Threaded, ClassifierServiceServicer):  # type: ignore[misc]
    """Image classifiers, and the candidates that fool them."""

    def __init__(self, desk: ClassifierDesk, threads: DeskThreads) -> None:
        self._desk = desk
        super().__init__(threads)

    @answered
    def TrainClassifier(self, request: pb.TrainClassifierRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id")
        operation = self._desk.train_classifier(**asked)
        return operation_to_message(operation)

    @answered
    def GetClassifier(self, request: pb.GetClassifierRequest, context: Any) -> pb.Classifier:
        asked = arguments(request, "project_id")
        classifier = self._desk.get_classifier(**asked)
        return classifier_to_message(classifier)

    @answered
    def ListHardCandidates(self, request: pb.ListHardCandidatesRequest, context: Any) -> pb.ListHardCandidatesResponse:
        asked = arguments(request, "project_id")
        candidates = self._desk.list_hard_candidates(**asked)
        return pb.ListHardCandidatesResponse(candidates=map(hard_candidate_to_message, candidates))
