import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from maskloop.errors import InvalidImage, InvalidLabel
from maskloop.masks import Mask
from maskloop.report import PICTURES_A_ROUND, BatchPicture
from maskloop.report.pictures.chosen import (
    LARGEST_BYTES,
    LONGEST_SIDE,
    outline,
    picture_file,
    save_pictures,
    shrink,
    to_jpeg,
)
from maskloop.values import Category, ObjectLabel, ObjectProposal

CATEGORIES = (Category(1, "crack"), Category(2, "rust"))


def square(height: int, width: int, top: int, left: int, side: int) -> Mask:
    array = np.zeros((height, width), dtype=np.bool_)
    array[top : top + side, left : left + side] = True
    return Mask.from_array(array)


def picture(image: str = "a", category: int = 1) -> BatchPicture:
    mask = square(40, 60, 10, 20, 16)
    pixels = np.full((40, 60, 3), 120, dtype=np.uint8)
    return BatchPicture(image, pixels, (ObjectLabel(category, mask),), (ObjectProposal(2, mask, 0.5, 0.9),))


def test_a_thumbnail_is_filled_and_outlined_in_its_colour() -> None:
    grey = np.full((LONGEST_SIDE, LONGEST_SIDE, 3), 100, dtype=np.uint8)
    drawn = outline(grey, [(square(LONGEST_SIDE, LONGEST_SIDE, 50, 50, 100), "#ff0000")])
    assert tuple(drawn[100, 100]) == (150, 68, 68)  # 0.68 * 100 + 0.32 * (255, 0, 0)
    assert tuple(drawn[100, 50]) == (255, 0, 0)
    assert tuple(drawn[100, 49]) == (25, 25, 25)
    assert tuple(drawn[100, 47]) == (100, 100, 100)


def test_an_object_smaller_than_a_thumbnail_pixel_still_shows() -> None:
    black = np.zeros((2000, 3000, 3), dtype=np.uint8)
    drawn = outline(black, [(square(2000, 3000, 700, 901, 1), "#ffffff")])
    assert drawn.shape == (192, LONGEST_SIDE, 3)
    assert drawn.max() > 0


@pytest.mark.parametrize("size", [(37, 23), (60, 40), (200, 120)])
def test_a_mask_is_shrunk_as_a_whole_picture_is(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        top, left, side = rng.integers(0, 60), rng.integers(0, 100), rng.integers(4, 40)
        mask = square(97, 143, int(top), int(left), int(side))
        whole = Picture.fromarray(mask.to_array().astype(np.uint8) * 255).resize(size, Picture.Resampling.BILINEAR)
        assert (shrink(mask, size) != (np.asarray(whole) >= 128)).mean() < 0.01


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (700, 3)])
def test_odd_shapes_are_drawn(shape: tuple[int, int]) -> None:
    full = Mask.from_array(np.ones(shape, dtype=np.bool_))
    drawn = outline(np.zeros((*shape, 3), dtype=np.uint8), [(full, "#00ff00"), (Mask.empty(*shape), "#ff0000")])
    assert max(drawn.shape) == LONGEST_SIDE
    assert drawn[..., 1].max() > 0
    assert drawn[..., 0].max() == 0


def test_noise_still_fits_its_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (LONGEST_SIDE, LONGEST_SIDE, 3), dtype=np.uint8)
    content = to_jpeg(noise)
    assert len(content) <= LARGEST_BYTES
    assert Picture.open(io.BytesIO(content)).format == "JPEG"


def test_a_picture_has_a_file_for_each_side_whatever_its_id(tmp_path: Path) -> None:
    save_pictures(tmp_path, 3, CATEGORIES, [picture("../../etc/passwd")])
    files = sorted(tmp_path.rglob("*.jpg"))
    sides = {picture_file(tmp_path, 3, "../../etc/passwd", side) for side in ("label", "proposal")}
    assert set(files) == sides
    assert {file.parent for file in files} == {tmp_path / "pictures" / "round-003"}


def test_only_the_first_pictures_of_a_round_are_kept(tmp_path: Path) -> None:
    save_pictures(tmp_path, 0, CATEGORIES, [picture(str(number)) for number in range(PICTURES_A_ROUND + 5)])
    assert len(list(tmp_path.rglob("*.jpg"))) == 2 * PICTURES_A_ROUND
    assert not picture_file(tmp_path, 0, str(PICTURES_A_ROUND), "label").exists()


def test_an_unknown_category_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidLabel, match="image a: category 9"):
        save_pictures(tmp_path, 0, CATEGORIES, [picture("a", category=9)])


def test_pixels_and_masks_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidImage, match="not \\(H, W, 3\\) uint8"):
        BatchPicture("a", np.zeros((4, 4), dtype=np.uint8), (), ())
    with pytest.raises(InvalidImage, match="a mask of it 5 x 4"):
        BatchPicture("a", np.zeros((4, 4, 3), dtype=np.uint8), (ObjectLabel(1, Mask.empty(5, 4)),), ())
