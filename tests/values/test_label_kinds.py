"""Every kind of label has its class and its row in the table of each border, and no table has another."""

from dataclasses import fields
from typing import get_type_hints

import numpy as np
import pytest

from maskloop.convert.labels import WIRE_FORMS
from maskloop.costs.cost_model import LABEL_PRICES, CostModel
from maskloop.costs.timed_label import MODELLED
from maskloop.errors import FailedPrecondition
from maskloop.labelers import FolderLabeler, GroundTruthLabeler
from maskloop.labelers.folder_forms import FOLDER_FORMS
from maskloop.masks import Mask
from maskloop.report.costs import ITEMS
from maskloop.v1 import costs_pb2, labels_pb2
from maskloop.values import (
    LABEL_KINDS,
    Category,
    CostEstimates,
    Counts,
    FullLabel,
    Image,
    KindCosts,
    LabelContent,
    ObjectLabel,
    OodAnswer,
    Split,
    SupervisionKind,
)
from maskloop.web.documents import CONTENT_FORMS
from service.store.labels.judged_images import TRAINING_USES
from service.store.labels.label_rows import STORED_FORMS

TABLES = {
    "wire": WIRE_FORMS,
    "store": STORED_FORMS,
    "training": TRAINING_USES,
    "folder labeler": FOLDER_FORMS,
    "folder labeler's kinds": FolderLabeler.kinds,
    "simulated labeler's kinds": GroundTruthLabeler.kinds,
    "labeling page": CONTENT_FORMS,
}
SQUARE = Mask.from_array(np.ones((6, 8), bool))
OBJECTS = (ObjectLabel(2, SQUARE), ObjectLabel(1, SQUARE), ObjectLabel(2, SQUARE))
VOCABULARY = (Category(1, "crack"), Category(2, "rust"))

every_kind = pytest.mark.parametrize("kind", LABEL_KINDS)


def image(split: Split = Split.POOL) -> Image:
    return Image("a", "p", "a.png", "", 8, 6, "0" * 64, split)


@pytest.mark.parametrize("table", TABLES)
def test_each_table_has_the_supported_kinds_and_no_other(table: str) -> None:
    assert set(TABLES[table]) == set(LABEL_KINDS)


def test_every_kind_has_its_class_in_the_order_of_what_it_says() -> None:
    assert list(LABEL_KINDS) == list(SupervisionKind)


def test_what_says_more_makes_a_kind_needless_and_never_the_other_way_round() -> None:
    in_order = list(SupervisionKind)
    for kind, content in LABEL_KINDS.items():
        assert all(in_order.index(other) >= in_order.index(kind) or kind is in_order[-1] for other in content.done_by)
    assert set(LABEL_KINDS[SupervisionKind.IMAGE_LEVEL].done_by) == set(SupervisionKind) - {SupervisionKind.OOD_CHECK}


def test_every_kind_has_a_price() -> None:
    assert set(LABEL_PRICES) == set(SupervisionKind)


def test_every_kind_whose_times_are_modelled_has_its_estimate_its_field_on_the_wire_and_its_words() -> None:
    of_values = {field for field, type_ in get_type_hints(CostEstimates).items() if type_ is KindCosts}
    of_wire = {
        field.name
        for field in costs_pb2.CostEstimates.DESCRIPTOR.fields
        if field.message_type is costs_pb2.KindCosts.DESCRIPTOR
    }
    assert of_values == of_wire == {kind.value for kind in ITEMS} == {kind.value for kind in MODELLED}


def test_every_kind_has_its_field_on_the_wire() -> None:
    said = labels_pb2.LabelDraft.DESCRIPTOR.oneofs_by_name["supervision"].fields
    assert {field.name for field in said} == {kind.value for kind in SupervisionKind}


@every_kind
def test_a_class_bears_the_kind_it_stands_under(kind: SupervisionKind) -> None:
    assert LABEL_KINDS[kind].kind is kind
    assert issubclass(LABEL_KINDS[kind], LabelContent)


@every_kind
def test_its_own_label_and_a_full_one_make_a_kind_needless(kind: SupervisionKind) -> None:
    assert LABEL_KINDS[kind].done_by[0] is kind
    assert SupervisionKind.FULL in LABEL_KINDS[kind].done_by


@every_kind
def test_what_is_truly_said_of_an_image_holds_and_shows_no_more_than_is_there(kind: SupervisionKind) -> None:
    content = LABEL_KINDS[kind].of(OBJECTS)
    content.check(VOCABULARY, image(), "image a")
    there = Counts.of(OBJECTS).by_category
    assert all(0 < count <= there[key] for key, count in content.shown.by_category.items())
    assert LABEL_KINDS[kind].of(()).shown == Counts({})


@every_kind
@pytest.mark.parametrize("paid_s", [0.0, 4.48, 1e4])
def test_a_label_costs_what_the_cost_model_says_less_what_its_counts_have_cost(
    kind: SupervisionKind, paid_s: float
) -> None:
    costs = CostModel(2)
    whole_s = {
        "image_level": 2.0,
        "counts": 2 + 2 * 1.48,
        "points": 2 * 2.47 + 0.9,  # the second object of category 2 is a further one
        "scribbles": 3 * 10.93,
        "boxes": 3 * 7.0,
        "full": 3 * 79.0,
        "ood_check": 1.0,
    }[kind.value]
    expected_s = max(0.0, whole_s - paid_s) if LABEL_KINDS[kind].builds_on_counts else whole_s
    assert LABEL_KINDS[kind].of(OBJECTS).cost_s(costs, paid_s) == pytest.approx(expected_s)


def test_only_answers_sort_images_and_only_candidates_are_answered() -> None:
    assert [kind for kind, content in LABEL_KINDS.items() if content.sorts_images] == [SupervisionKind.OOD_CHECK]
    assert (OodAnswer(2).puts_in, OodAnswer().puts_in) == (Split.POOL, Split.OOD)
    assert (Counts({}).puts_in, FullLabel().puts_in) == (None, None)
    OodAnswer().check_image(image(Split.OOD))
    with pytest.raises(FailedPrecondition, match="image a is of split pool"):
        OodAnswer().check_image(image())
    for split in Split:
        Counts({}).check_image(image(split))
        FullLabel().check_image(image(split))


def test_contents_hold_nothing_that_their_class_tells_already() -> None:
    told = {"kind", "done_by", "asked_of", "in_random_order", "counted_by_budget", "builds_on_counts"}
    told |= {"tells_how_many", "sorts_images"}
    for content in LABEL_KINDS.values():
        assert not told & {field.name for field in fields(content)}  # type: ignore[arg-type]
