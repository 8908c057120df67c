"""What is beyond its limit is refused, by field and number, before it is worked on."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.convert import arguments
from maskloop.errors import InvalidArgument, InvalidLabel, InvalidMask
from maskloop.masks import Mask
from maskloop.v1 import labels_pb2, masks_pb2, projects_pb2
from maskloop.values import (
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_CATEGORIES,
    MOST_MASK_BYTES,
    MOST_NAMED,
    MOST_OBJECTS,
    MOST_OBJECTS_AT_ONCE,
    Category,
    FullLabel,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    Project,
    Split,
)
from service.desk.checks import check_drafts

CRACK = Category(1, "crack")


@pytest.mark.parametrize(
    ("make", "field", "number"),
    [
        (lambda: Category(1, "x" * (LONGEST_NAME + 1)), "categories.name", "256"),
        (lambda: Project("p", "x" * (LONGEST_TITLE + 1), (CRACK,)), "display_name", "1,001"),
        (
            lambda: Project("p", "", tuple(Category(n, f"c{n}") for n in range(1, MOST_CATEGORIES + 2))),
            "categories",
            "1001",
        ),
        (lambda: ImageImport("x" * (LONGEST_NAME + 1), Split.POOL, data=b"x"), "images.file_name", "256"),
    ],
)
def test_names_and_vocabularies_are_bounded(make, field, number):
    with pytest.raises(InvalidArgument, match=f"{number} (characters|categories)") as raised:
        make()
    assert raised.value.field == field


def test_what_is_at_its_limit_is_taken():
    project = Project("p", "x" * LONGEST_TITLE, (Category(1, "x" * LONGEST_NAME),))
    assert len(project.display_name) == LONGEST_TITLE
    taken = arguments(projects_pb2.GetProjectRequest(project_id="x" * LONGEST_TEXT))
    assert len(taken["project_id"]) == LONGEST_TEXT


def test_every_text_of_a_request_is_bounded():
    with pytest.raises(InvalidArgument, match="page_token has 10,001 characters") as raised:
        arguments(projects_pb2.ListProjectsRequest(page_token="x" * (LONGEST_TEXT + 1)))
    assert raised.value.field == "page_token"


BROKEN = masks_pb2.ObjectMask(category_id=1, mask=masks_pb2.Mask(height=1, width=1, rle=b"\xff"))
NO_BOX = masks_pb2.ObjectBox(category_id=1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"full": masks_pb2.ObjectMasks(objects=[BROKEN] * (MOST_OBJECTS + 1))}, "image i: 10,001 objects"),
        ({"boxes": masks_pb2.Boxes(boxes=[NO_BOX] * (MOST_OBJECTS + 1))}, "image i: 10,001 boxes"),
        ({"points": masks_pb2.Points(points=[masks_pb2.ObjectPoint()] * (MOST_OBJECTS + 1))}, "10,001 points"),
        ({"scribbles": masks_pb2.Scribbles(scribbles=[masks_pb2.Scribble()] * (MOST_OBJECTS + 1))}, "10,001 scribbles"),
        ({"image_level": masks_pb2.ImageLevel(category_ids=[1] * (MOST_CATEGORIES + 1))}, "1,001 categories"),
        ({"counts": masks_pb2.CategoryCounts(counts=[masks_pb2.CategoryCount()] * 1001)}, "1,001 categories"),
        (
            {
                "full": masks_pb2.ObjectMasks(
                    review=masks_pb2.Review(rejected=[masks_pb2.RejectedProposal()] * (MOST_NAMED + 1))
                )
            },
            "2,001 proposals",
        ),
    ],
)
def test_a_label_says_so_much_and_is_refused_before_any_of_it_is_read(said, words):
    """None of these could be read: the number is what is told."""
    draft = labels_pb2.LabelDraft(image_id="i", **said)
    request = labels_pb2.SubmitLabelsRequest(project_id="p", annotator="ann", labels=[draft])
    with pytest.raises(InvalidLabel, match=words) as raised:
        arguments(request)
    assert raised.value.field


def test_the_masks_of_a_label_take_so_many_bytes_together():
    half = masks_pb2.ObjectMask(mask=masks_pb2.Mask(rle=b"0" * (MOST_MASK_BYTES // 2 + 1)))
    draft = labels_pb2.LabelDraft(image_id="i", full=masks_pb2.ObjectMasks(objects=[half, half]))
    request = labels_pb2.SubmitLabelsRequest(project_id="p", annotator="ann", labels=[draft])
    with pytest.raises(InvalidMask, match="image i: its masks' runs take 16,777,218 bytes"):
        arguments(request)


def test_the_objects_of_all_labels_of_a_call_are_bounded():
    item = ObjectLabel(1, Mask.from_array(np.ones((1, 1), bool)))
    full = FullLabel((item,) * MOST_OBJECTS)
    drafts = [LabelDraft(f"i{place}", full) for place in range(MOST_OBJECTS_AT_ONCE // MOST_OBJECTS)]
    check_drafts(drafts)
    with pytest.raises(InvalidArgument, match="20,001 objects") as raised:
        check_drafts([*drafts, LabelDraft("last", FullLabel((item,)))])
    assert raised.value.field == "labels"
