"""Dense CRFs beside a slow mean field over all pairs, beside another program's answers, and by hand."""

import json
import math
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from benchmarks.weak.plain_refinements import plain_mean_field
from maskloop.errors import InvalidArgument
from models.refinement.crf import all_pairs
from models.refinement.crf.mean_field import BBAM, DEEPLAB, DSRG, DSRG_TRAINING, IRN, PSA, CrfSettings, Sums, mean_field
from models.refinement.crf.unaries import hard_unary
from tests.models.refinement.scenes import noise, rows_along, smooth

ALL = {"irn": IRN, "psa": PSA, "dsrg_training": DSRG_TRAINING, "bbam": BBAM, "deeplab": DEEPLAB}
FROZEN = json.loads((Path(__file__).parent / "pydensecrf2.json").read_text())


SIZE = (30, 34)


def scene(kind) -> tuple[np.ndarray, np.ndarray]:
    """An image and the costs of three labels, a tenth of them wrong. In the smooth one, regions have colours."""
    shades, rng = smooth(SIZE, 2), np.random.default_rng(2)
    rows = rows_along(shades, 3)
    image = noise(SIZE, 2) if kind == "noise" else (shades // 2 + 60 * rows[:, :, None]).astype(np.uint8)
    rows[rng.random(SIZE) < 0.1] = 0
    return image, hard_unary(rows, 3)


@pytest.mark.parametrize("kind", ["noise", "smooth"])
@pytest.mark.parametrize("settings", ALL.values(), ids=ALL)
def test_labels_are_those_of_a_mean_field_over_all_pairs(kind, settings):
    image, unary = scene(kind)
    slow = plain_mean_field(unary, image, settings)
    exact = mean_field(unary, image, settings, sums="exact")
    assert np.abs(exact - slow).max() < 1e-3
    lattice = mean_field(unary, image, settings)
    # On noise, PSA's wide and heavy kernel leaves much to chance: what is near in colour is near nothing in place.
    least = 0.9 if kind == "noise" and settings is PSA else 0.98
    assert (lattice.argmax(0) == slow.argmax(0)).mean() >= least
    assert lattice.shape == unary.shape
    assert lattice.dtype == exact.dtype == np.float32
    assert lattice.sum(axis=0) == pytest.approx(np.ones(SIZE), abs=1e-5)


@pytest.mark.parametrize("name", FROZEN)
def test_the_lattice_answers_as_the_program_of_the_published_numbers(name):
    """pydensecrf2 1.1 on this image, its inference(10): labels, and every seventh probability."""
    y, x = np.mgrid[:14, :18]
    red, green = (5 * x + 3 * y) % 256, (200 * (x > 8) + 11 * y) % 256
    blue = 40 + 60 * ((x - 6) ** 2 + (y - 5) ** 2 < 20) + (7 * x * y) % 23
    image = np.stack([red, green, blue], axis=-1).astype(np.uint8)
    disc = 0.6 + 1.2 * ((x - 6) ** 2 + (y - 5) ** 2 < 30)
    shares = np.stack([1 + 0.5 * np.sin(x / 3), 1 + 0.5 * np.cos(y / 2), disc])
    found = mean_field(-np.log(shares / shares.sum(0)).astype(np.float32), image, ALL[name])
    assert ["".join(map(str, row)) for row in found.argmax(0)] == FROZEN[name]["labels"]
    every_seventh = [row.ravel()[::7] for row in found]
    assert np.abs(np.array(every_seventh) - FROZEN[name]["every_seventh"]).max() < 1e-4


def test_two_pixels_by_hand():
    """exp(-1 / (2 sxy^2)) = 1/3, so K = ((3, 1), (1, 3)) / 4. Q0 = (3/4, 1/4) and (1/2, 1/2): K Q0 = (11, 5) / 16 and
    (9, 7) / 16. The weight makes 6/16 a factor of 2 of the odds."""
    settings = CrfSettings(1, 1 / math.sqrt(2 * math.log(3)), 8 / 3 * math.log(2), 1, 1, 0)
    unary = np.array([[[0, 0]], [[math.log(3), 0]]], dtype=np.float32)
    found = mean_field(unary, np.zeros((1, 2, 3), np.uint8), settings, sums="exact")
    odds = found[0, 0] / found[1, 0]
    assert odds == pytest.approx([6, 2 ** (1 / 3)], rel=1e-5)


def test_two_pixels_of_other_colours_by_hand():
    """Places and colours add up: with sxy^2 = 2 and srgb^2 = 32, d^2 = 1 / 2 + 16 / 32 = 1."""
    settings = CrfSettings(1, 1, 0, math.sqrt(2), 4 * math.sqrt(2), 1)
    image = np.array([[[10, 0, 0], [14, 0, 0]]], dtype=np.uint8)
    unary = np.array([[[0, 0]], [[math.log(3), 0]]], dtype=np.float32)
    found = mean_field(unary, image, settings, sums="exact")
    nearness = math.exp(-0.5)
    own, other = 1 / (1 + nearness), nearness / (1 + nearness)
    odds = found[0, 0] / found[1, 0]
    # Q0 of the two labels differs by 1/2 at the first pixel, by 0 at the second
    assert odds == pytest.approx([3 * math.exp(own / 2), math.exp(other / 2)], rel=1e-5)


@pytest.mark.parametrize("sums", ["lattice", "exact"])
def test_without_iterations_it_is_the_softmax_of_the_costs(sums):
    unary = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
    found = mean_field(unary, noise((5, 4), 0), CrfSettings(0, 3, 3, 50, 5, 10), sums=sums)
    assert found == pytest.approx(np.exp(-unary) / np.exp(-unary).sum(0), rel=1e-5)


def test_an_exact_sum_in_parts_is_the_same(monkeypatch):
    image, unary = scene("smooth")
    whole = mean_field(unary, image, IRN, sums="exact")
    monkeypatch.setattr(all_pairs, "AT_ONCE", 7 * unary[0].size)
    assert mean_field(unary, image, IRN, sums="exact") == pytest.approx(whole, abs=1e-3)


def test_the_parameter_sets_are_those_of_the_table():
    table = {
        "irn": (10, 3, 3, 50, 5, 10),
        "psa": (10, 3, 3, 80, 13, 10),
        "dsrg_training": (10, 3 / 12, 3, 80 / 12, 13, 10),
        "bbam": (10, 1, 3, 80, 3, 4),
        "deeplab": (10, 1, 3, 67, 3, 4),
    }
    assert {name: CrfSettings(*row) for name, row in table.items()} == ALL
    assert CrfSettings(10, 3, 3, 80, 13, 10) == DSRG


@pytest.mark.parametrize(
    ("labels", "iterations", "times"), [(3, 1, 1 + 13 / 3), (21, 1, 1 + 13 / 21), (21, 60, 21 / 8)]
)
def test_what_one_of_equal_labels_is_ahead_by_grows_by_the_weights_over_their_number(labels, iterations, times):
    """Of pixels that are all as near as can be; 21 / 8 = 1 / (1 - 13 / 21)."""
    settings = CrfSettings(iterations, 1e4, 3, 1e4, 1e4, 10)
    ahead, unary = 1e-4, np.zeros((labels, 3, 3), dtype=np.float32)
    unary[0] = -ahead * labels
    found = mean_field(unary, noise((3, 3), 0), settings, sums="exact")
    assert found[0] - found[1] == pytest.approx(np.full((3, 3), ahead * times), rel=0.02)


def test_labels_follow_an_edge_of_the_image():
    image = np.full((24, 32, 3), 40, dtype=np.uint8)
    image[:, 13:] = 200
    rows = np.zeros((24, 32), dtype=int)
    rows[:, 16:] = 1  # three columns late
    found = mean_field(hard_unary(rows, 2), image, IRN).argmax(0)
    assert (found == (image[:, :, 0] > 100)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mean_field(np.zeros((2, 3, 4), np.float32), noise((4, 3), 0), IRN), "came with an image"),
        (
            lambda: mean_field(np.zeros((2, 3, 4), np.float32), noise((3, 4), 0), IRN, sums=cast(Sums, "fast")),
            "lattice or exact",
        ),
        (
            lambda: mean_field(np.zeros((2, 200, 200), np.float32), noise((200, 200), 0), IRN, sums="exact"),
            "needs a GPU",
        ),
        (lambda: CrfSettings(-1, 3, 3, 50, 5, 10), "0 iterations or more"),
        (lambda: CrfSettings(10, 0, 3, 50, 5, 10), "smooth_sxy has to be above 0"),
        (lambda: CrfSettings(10, 3, 3, 50, -5, 10), "bilateral_srgb has to be above 0"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InvalidArgument, match=message):
        make()
