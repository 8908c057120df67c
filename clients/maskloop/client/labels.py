"""What people say of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.v1 import labels_pb2 as pb
from maskloop.v1.labels_pb2_grpc import LabelServiceStub
from maskloop.values import CostEstimates, Label, LabelDraft, SupervisionKind


class LabelVerbs(Verbs):
    """`LabelService`."""

    def submit_labels(
        self,
        *,
        project_id: str,
        annotator: str,
        labels: Sequence[LabelDraft],
        batch_id: str = "",
        request_id: str = "",
    ) -> tuple[Label, ...]:
        """Hand labels in, all or none; answered once they are on disk.

        Raises:
            BudgetExhausted: they cost more than the campaign has left; says how much.
            LeaseLost, ForeignLease: an image is in other hands by now; names it.
            InvalidLabel, InvalidMask: names image and object.
        """
        request = self._write(
            pb.SubmitLabelsRequest,
            request_id,
            project_id=project_id,
            annotator=annotator,
            batch_id=batch_id,
            labels=labels,
        )
        response = self._wire.call(self._stub(LabelServiceStub).SubmitLabels, request, timeout_s=self.slow_s)
        return tuple(map(convert.label_from_message, response.labels))

    def list_labels(
        self,
        *,
        project_id: str,
        image_id: str = "",
        kind: SupervisionKind | None = None,
        include_superseded: bool = False,
    ) -> Iterator[Label]:
        """A project's labels, oldest first."""
        pages = self._pages(
            self._stub(LabelServiceStub).ListLabels,
            pb.ListLabelsRequest,
            project_id=project_id,
            image_id=image_id,
            kind=kind,
            include_superseded=include_superseded,
        )
        return (convert.label_from_message(item) for page in pages for item in page.labels)

    def export_labels(self, *, project_id: str, kind: SupervisionKind = SupervisionKind.FULL) -> bytes:
        """A project's current labels of a kind as one document (UTF-8 JSON).

        Full labels and boxes are COCO. Points and scribbles are LabelMe's shapes by file name, as the folder labeler
        reads them.

        Raises:
            UnsupportedSupervision: another kind.
        """
        request = convert.request(pb.ExportLabelsRequest, project_id=project_id, kind=kind)
        method = self._stub(LabelServiceStub).ExportLabels
        return self._wire.collect(method, request, _joined, timeout_s=self.slow_s)

    def get_cost_estimates(self, *, project_id: str) -> CostEstimates:
        """What labels take in a project, planned and estimated from the measured seconds of its labels.

        Raises:
            ProjectNotFound: there is no such project.
        """
        request = convert.request(pb.GetCostEstimatesRequest, project_id=project_id)
        method = self._stub(LabelServiceStub).GetCostEstimates
        return convert.cost_estimates_from_message(self._wire.call(method, request, timeout_s=self.slow_s))


def _joined(pieces: Iterator[pb.ExportLabelsResponse]) -> bytes:
    return b"".join(piece.data for piece in pieces)
