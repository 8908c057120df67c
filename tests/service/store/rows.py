"""Rows to put into a store."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from maskloop.values import (
    Batch,
    Budget,
    Campaign,
    Counts,
    FullLabel,
    Image,
    Label,
    ModelVersion,
    OodAnswer,
    Operation,
    OperationKind,
    OperationState,
    Pick,
    Split,
    Strategy,
    SupervisionKind,
)
from service.store.models import ModelRecord
from service.store.operations import OperationRecord
from tests.service.desks import objects

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)


POSTGRES = os.environ.get("MASKLOOP_TEST_POSTGRES", "")


FULL, COUNTS, BOXES = SupervisionKind.FULL, SupervisionKind.COUNTS, SupervisionKind.BOXES


CAMPAIGN = Campaign("c", "p", Budget(seconds=1000.0), Strategy("mask_guided", {"target": "0.4"}), 7, created_at=NOW)


def image(image_id: str, split: Split = Split.POOL) -> Image:
    return Image(image_id, "p", f"{image_id}.png", "", 8, 6, "ab" * 32, split)


def full_label(label_id: str, image_id: str, *categories: int, **options: Any) -> Label:
    given: dict[str, Any] = {"cost_s": 80.0, "annotator": "ann", "created_at": NOW, **options}
    return Label(label_id, "p", image_id, FullLabel(objects(*categories)), **given)


def counts_label(label_id: str, image_id: str, counts: dict[int, int], **options: Any) -> Label:
    given: dict[str, Any] = {"cost_s": 4.48, "annotator": "ann", "created_at": NOW, **options}
    return Label(label_id, "p", image_id, Counts(counts), **given)


def batch(batch_id: str, *image_ids: str, **options: Any) -> Batch:
    given: dict[str, Any] = {"annotator": "ann", "kind": FULL, "expires_at": NOW + timedelta(hours=1), **options}
    picks = tuple(Pick(image_id, "near the target", 80.25, 0.125) for image_id in image_ids)
    return Batch(batch_id, "p", "c", strategy="mask_guided", picks=picks, **given)


def model(version: str, labels: int = 3) -> ModelRecord:
    made = ModelVersion(version, "p", "compact", 5, labels, {"ap": 0.5}, NOW, '{"size": 64}')
    return ModelRecord(made, ("l1", "l2"), f"models/p/{version}")


def operation(operation_id: str, **options: Any) -> OperationRecord:
    given: dict[str, Any] = {"state": OperationState.PENDING, "created_at": NOW, "updated_at": NOW, **options}
    return OperationRecord(Operation(operation_id, "p", OperationKind.TRAIN, **given), {"seed": 1})


def answer_label(label_id: str, image_id: str, category_id: int = 0, **options: Any) -> Label:
    given: dict[str, Any] = {"cost_s": 1.0, "annotator": "ann", "created_at": NOW, **options}
    return Label(label_id, "p", image_id, OodAnswer(category_id), **given)
