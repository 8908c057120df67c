"""Image classifiers, and the candidate OoD images that fool them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.v1 import classifiers_pb2 as pb
from maskloop.v1.classifiers_pb2_grpc import ClassifierServiceStub
from maskloop.values import Classifier, HardCandidate, Operation


class ClassifierVerbs(Verbs):
    """`ClassifierService`. Training answers an operation at once; `wait_operation` follows it."""

    def train_classifier(
        self,
        *,
        project_id: str,
        recipe: str = "",
        overrides: Mapping[str, object] | None = None,
        seed: int = 0,
        clusters: int = 0,
        request_id: str = "",
    ) -> Operation:
        """Train an image classifier on what labels say of images, and find the candidate OoD images that fool it.

        Args:
            project_id: the project.
            recipe: `compact` or `paper`; "" for `compact`.
            overrides: options that differ from the recipe's, by name.
            seed: of the training and the clusters.
            clusters: to spread the hard candidates over; 0 for 50.
            request_id: makes the call idempotent; a repeated call finds the same operation.

        Raises:
            InvalidConfig: no such recipe or option.
            FailedPrecondition: no label says what is in any image.
        """
        request = self._write(
            pb.TrainClassifierRequest,
            request_id,
            project_id=project_id,
            recipe=recipe,
            overrides_json=json.dumps(dict(overrides)) if overrides else "",
            seed=seed,
            clusters=clusters,
        )
        method = self._stub(ClassifierServiceStub).TrainClassifier
        return convert.operation_from_message(self._wire.call(method, request))

    def get_classifier(self, *, project_id: str, classifier: str = "") -> Classifier:
        """Read a classifier, the latest for "".

        Raises:
            ClassifierNotFound, NoClassifier: there is none.
        """
        request = convert.request(pb.GetClassifierRequest, project_id=project_id, classifier=classifier)
        method = self._stub(ClassifierServiceStub).GetClassifier
        return convert.classifier_from_message(self._wire.call(method, request))

    def list_hard_candidates(
        self, *, project_id: str, classifier: str = "", per_cluster: int = 0
    ) -> tuple[HardCandidate, ...]:
        """The candidates that a classifier took for a category when it was trained, by cluster, highest first.

        Args:
            project_id: the project.
            classifier: its id, "" for the latest.
            per_cluster: so many of each cluster at most, up to 100; 0 for 10.

        Raises:
            ClassifierNotFound, NoClassifier: there is none.
        """
        request = convert.request(
            pb.ListHardCandidatesRequest, project_id=project_id, classifier=classifier, per_cluster=per_cluster
        )
        response = self._wire.call(self._stub(ClassifierServiceStub).ListHardCandidates, request)
        return tuple(map(convert.hard_candidate_from_message, response.candidates))
