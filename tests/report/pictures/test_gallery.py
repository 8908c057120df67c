from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidImage
from maskloop.masks import Mask
from maskloop.report import Gallery, GalleryPicture, RunReport, choose_images, judge_image, read_report, write_report
from maskloop.report.pictures.chosen import picture_file, rgb
from maskloop.report.pictures.gallery import say_gallery
from maskloop.report.pictures.gallery_pictures import (
    GALLERY_BYTES,
    GALLERY_SIDE,
    OUTLINES,
    Outcome,
    draw_outcomes,
    gallery_groups,
    save_gallery,
)
from maskloop.values import EvaluatedImage, ImageProposals, ObjectLabel, ObjectProposal

SIZE = GALLERY_SIDE


def square(left: int, side: int = 80, top: int = 100) -> Mask:
    array = np.zeros((SIZE, SIZE), dtype=np.bool_)
    array[top : top + side, left : left + side] = True
    return Mask.from_array(array)


def label(mask: Mask, category: int = 1) -> ObjectLabel:
    return ObjectLabel(category, mask)


def proposal(mask: Mask, category: int = 1) -> ObjectProposal:
    return ObjectProposal(category, mask, 0.5, 0.9)


def offered(*proposals: ObjectProposal, uncalibrated: bool = False) -> ImageProposals:
    return ImageProposals("a", "m", 0.5, proposals, uncalibrated=uncalibrated)


def evaluated(number: int, true: float, objects: int = 1) -> EvaluatedImage:
    return EvaluatedImage(f"image-{number:03}", 0.5, true, objects)


def test_the_worst_the_middle_and_the_best_are_shown_worst_first():
    images = [evaluated(number, number / 100) for number in range(100)]
    chosen = [(group, image.true_iou) for group, image in choose_images(images[::-1])]
    assert chosen == [
        *(("worst", place / 100) for place in range(6)),
        *(("middle", place / 100) for place in (48, 49, 50)),
        *(("best", place / 100) for place in (97, 98, 99)),
    ]


def test_of_equally_bad_images_those_with_more_objects_come_first():
    images = [evaluated(1, 0.0, 1), evaluated(2, 0.0, 3), *(evaluated(number, 0.9) for number in range(3, 30))]
    assert [image.image_id for _, image in choose_images(images)][:2] == ["image-002", "image-001"]


@given(st.lists(st.sampled_from([0.0, 0.3, 1.0]), max_size=40))
def test_no_image_is_shown_twice_and_few_are_all_shown(true):
    chosen = choose_images([evaluated(number, value) for number, value in enumerate(true)])
    ids = [image.image_id for _, image in chosen]
    assert len(ids) == len(set(ids)) == min(12, len(true))


def test_objects_are_found_above_half_an_iou_within_their_category():
    half = Mask.from_array(square(100).to_array() & (np.arange(SIZE) < 140))  # 80 x 40 of 80 x 80: an IoU of .5
    truths = [label(square(0)), label(square(100)), label(square(200))]
    proposals = [proposal(square(0)), proposal(half), proposal(square(200), category=2)]
    judged = judge_image("worst", evaluated(1, 0.5), "a.jpg", truths, offered(*proposals))
    assert (judged.found, judged.missed, judged.wrong) == (1, 2, 2)


def test_an_image_without_objects_counts_what_was_added():
    judged = judge_image("", evaluated(1, 0.0, 0), "a.jpg", [], offered(proposal(square(0))))
    assert (judged.found, judged.missed, judged.wrong) == (0, 0, 1)


def test_without_a_fitted_head_no_confidence_stands_for_a_predicted_iou(
    tmp_path: Path, a_report: Callable[..., RunReport]
):
    image = judge_image("", evaluated(1, 0.42), "a.jpg", [], offered(uncalibrated=True))
    assert image.predicted is None
    picture = GalleryPicture(image.image, np.zeros((SIZE, SIZE, 3), dtype=np.uint8), (), ())
    write_report(tmp_path, a_report(gallery=Gallery(1, 1, 1, (image,))), gallery=[picture])
    text = (tmp_path / "report.html").read_text()
    assert "true 0.42</p>" in text
    assert "the mark on it" not in text.partition("What was chosen")[0]


def colour_at(drawn: np.ndarray, row: int, column: int) -> Outcome | None:
    named = {tuple(rgb(outline.colour).astype(int)): outcome for outcome, outline in OUTLINES.items()}
    return named.get(tuple(drawn[row, column].astype(int)))


def test_every_outcome_has_its_colour_and_pattern():
    grey = np.full((SIZE, SIZE, 3), 90, dtype=np.uint8)
    truths = [label(square(10)), label(square(110))]
    proposals = [proposal(square(10, 78, 101)), proposal(square(210))]
    drawn = draw_outcomes(grey, truths, proposals)
    assert colour_at(drawn, 100, 50) is Outcome.TRUE
    assert colour_at(drawn, 101, 50) is Outcome.PREDICTED
    assert colour_at(drawn, 100, 150) is Outcome.MISSED
    hatching = {colour_at(drawn, 140, column) for column in range(130, 170)}
    assert hatching == {Outcome.MISSED, None}
    dashes = {colour_at(drawn, 100, column) for column in range(212, 288)}
    assert dashes == {Outcome.WRONG, None}
    assert len({outline.colour for outline in OUTLINES.values()}) == len(Outcome)


def huge(image: str) -> GalleryPicture:
    pixels = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    array = np.zeros((3000, 4000), dtype=np.bool_)
    array[500:1500, 500:1500] = True
    return GalleryPicture(image, pixels, (label(Mask.from_array(array)),), ())


def test_pictures_of_huge_photographs_stay_small(tmp_path: Path):
    save_gallery(tmp_path, 2, [huge("a")])
    for side in ("test", "outlined"):
        assert picture_file(tmp_path, 2, "a", side).stat().st_size <= GALLERY_BYTES


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(InvalidImage, match="image a is 4 x 5"):
        GalleryPicture("a", np.zeros((4, 5, 3), dtype=np.uint8), (label(square(0)),), ())


def test_the_page_shows_the_images_with_words_for_those_who_do_not_see_them(
    tmp_path: Path, a_report: Callable[..., RunReport]
):
    truths, proposals = (label(square(10)), label(square(110))), (proposal(square(10)), proposal(square(210)))
    image = judge_image("worst", evaluated(1, 0.42), "<b>.jpg", truths, offered(*proposals))
    gallery = Gallery(1, tested=30, judged=20, images=(image,))
    pixels = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    picture = GalleryPicture(image.image, pixels, truths, proposals)
    write_report(tmp_path, a_report(gallery=gallery), gallery=[picture])
    text = (tmp_path / "report.html").read_text()
    assert 'alt="&lt;b&gt;.jpg with outlines: 1 found, 1 missed, 1 wrongly added"' in text
    assert "true 0.42, predicted 0.50" in text
    assert "10 more hold nothing" in text
    assert all(outline.name in text for outline in OUTLINES.values())
    assert read_report(tmp_path).gallery == gallery
    [(title, [shown])] = gallery_groups(tmp_path, gallery)
    assert (title, shown.image) == ("Worst", image)


@pytest.mark.parametrize(
    ("gallery", "words"),
    [
        (Gallery(1, tested=0, judged=0), "no labeled test images"),
        (Gallery(0, tested=3, judged=0), "No network was measured yet"),
        (Gallery(1, tested=3, judged=0), "No test image holds an object"),
        (Gallery(1, tested=3, judged=3), "kept no outlines"),
    ],
)
def test_a_page_without_pictures_says_why(
    tmp_path: Path, a_report: Callable[..., RunReport], gallery: Gallery, words: str
):
    assert words in say_gallery(gallery)
    write_report(tmp_path, a_report(gallery=gallery))
    assert words in (tmp_path / "report.html").read_text()


def test_a_report_of_an_earlier_version_has_no_gallery(tmp_path: Path, a_report: Callable[..., RunReport]):
    write_report(tmp_path, a_report())
    assert "What the network finds" not in (tmp_path / "report.html").read_text()
