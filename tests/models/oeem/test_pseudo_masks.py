"""Maps of tiles: what scores come to, and that none is made twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.classification.patches.maps import PatchMaps
from models.classification.patches.model import FittedPatchClassifier
from models.classification.patches.network import build_patch_classifier
from models.classification.patches.recipe import PatchRecipe
from models.oeem.material import Tile
from models.oeem.pseudo_masks import LEAST, USUAL_THRESHOLD, Scaling, TileMaps, largest_present, swept_threshold

RECIPE = PatchRecipe(encoder="compact", statistics="imagenet", side=32, stride=16, input_side=32)


def tile(present: tuple[int, ...], side: int = 2, name: str = "a") -> Tile:
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Tile(name, pixels, present, None)


def half(values: list[list[list[float]]]) -> np.ndarray:
    return np.array(values, np.float16)


def test_maps_are_shares_of_the_largest_score_but_of_the_middle_tiles_at_least():
    tiles = [tile((0,)), tile((0, 1)), tile((0,))]
    scores = [
        half([[[8, 4], [-2, 0]], [[50, 50], [50, 50]]]),
        half([[[1, 0.5], [0, 0]], [[3, 1.5], [0, -1]]]),
        half([[[4, 2], [1, 0]], [[0, 0], [0, 0]]]),
    ]
    scaling = Scaling.of(tiles, scores, 2)
    assert scaling.peaks.tolist() == [4, 3]
    first, second, third = (scaling.maps(*both) for both in zip(tiles, scores, strict=True))
    assert first.tolist() == [[[1, 0.5], [0, 0]], [[0, 0], [0, 0]]]  # not of a class that the image does not hold
    assert second.tolist() == [[[0.25, 0.125], [0, 0]], [[1, 0.5], [0, 0]]]
    assert third.tolist() == [[[1, 0.5], [0.25, 0]], [[0, 0], [0, 0]]]


@given(
    arrays.arrays(np.float16, (3, 2, 3), elements=st.floats(-100, 100, width=16)),
    st.sets(st.integers(0, 2), min_size=1),
)
def test_maps_lie_between_0_and_1_whatever_the_scores(scores, present):
    asked = tile(tuple(sorted(present)))
    made = Scaling.of([asked], [scores], 3).maps(asked, scores)
    assert (made >= 0).all()
    assert (made <= 1).all()
    assert not made[[index for index in range(3) if index not in present]].any()
    for index in present:
        wanted = np.maximum(scores[index], 0).astype(np.float64) / max(float(scores[index].max()), LEAST)
        np.testing.assert_allclose(made[index], wanted, rtol=1e-5)


def test_where_the_vocabulary_names_all_a_pixel_is_of_the_largest_score_that_is_there():
    scores = half([[[9, 9]], [[1, 3]], [[2, 2]]])
    assert largest_present(tile((1, 2)), scores).tolist() == [[2, 1]]
    assert largest_present(tile((0, 1, 2)), scores).tolist() == [[0, 0]]
    assert largest_present(tile(()), scores).tolist() == [[255, 255]]


def test_the_threshold_suits_what_is_outlined():
    maps = np.array([[[0.9, 0.7, 0.2, 0.6]]], np.float32)
    assert swept_threshold([(maps, np.array([[1, 1, 0, 0]], np.uint8))]) == pytest.approx(0.6)
    assert swept_threshold([(maps, np.array([[1, 1, 0, 255]], np.uint8))]) == pytest.approx(0.2)
    assert swept_threshold([]) == USUAL_THRESHOLD


@pytest.fixture(scope="module")
def maps() -> PatchMaps:
    return PatchMaps(FittedPatchClassifier(build_patch_classifier(RECIPE, 2, seed=1).eval(), RECIPE, 2, 0), (1.0, 1.5))


def test_scores_are_the_mean_over_scales_of_the_papers_sum(maps):
    asked = tile((0,), 40)
    (made,) = TileMaps(maps).of([asked], lambda *_: None)
    np.testing.assert_allclose(made, maps.scores(asked.pixels).numpy() / 2, atol=2e-3)
    assert made.dtype == np.float16


def test_what_was_made_before_the_end_is_not_made_again(maps, tmp_path):
    asked = [tile((0,), 34 + place, f"t{place}") for place in range(3)]
    seen: list[str] = []

    def dies(share: float, message: str) -> None:
        seen.append(message)
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(TileMaps(maps, tmp_path).of(asked, dies))
    assert seen == ["maps of 1 of 3 tiles", "maps of 2 of 3 tiles"]
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) == 2
    again = list(TileMaps(maps, tmp_path).of(asked, lambda *_: None))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(list(tmp_path.iterdir())) == 3
    for one, other in zip(again, TileMaps(maps).of(asked, lambda *_: None), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_classifier_makes_its_own_maps(maps, tmp_path):
    network = build_patch_classifier(RECIPE, 2, seed=1)
    with torch.no_grad():
        network.head.bias.add_(1)
    other = PatchMaps(FittedPatchClassifier(network.eval(), RECIPE, 2, 0), maps.scales)
    asked = [tile((0,), 34)]
    (one,) = TileMaps(maps, tmp_path).of(asked, lambda *_: None)
    (two,) = TileMaps(other, tmp_path).of(asked, lambda *_: None)
    np.testing.assert_allclose(two - one, 1, atol=5e-3)
