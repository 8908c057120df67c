"""Labels of the CRF alone, of IRN and of PSA, beside plain loops and by hand."""

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument
from models.localization.maps import ClassMaps
from models.refinement.crf.mean_field import IRN, PSA, mean_field
from models.refinement.crf.refiner import CrfRefiner, irn_refiner, psa_refiner
from models.refinement.face import ConstantGround
from models.refinement.seed_labels import irn_labels, join_irn_labels, join_psa_labels, psa_labels
from tests.models.refinement.scenes import rows_along, smooth

CLASSES = (6, 2)
SIZE = (30, 34)


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, ClassMaps]:
    """An image and maps of two classes, sure of some of each and less and less so of what is beside."""
    image = smooth(SIZE, 1)
    share = rows_along(image, 40) / 39
    whole = torch.from_numpy(np.stack([share**2, (1 - share) ** 3])).float()
    return image, ClassMaps(CLASSES, torch.zeros(2, 8, 9), whole)


def crf_labels(image, evidence, settings, hard) -> np.ndarray:
    """0 or 1 + class index of (3, H, W) evidence."""
    cost = -np.log(np.clip(evidence, 1e-5, 1))
    if hard:
        cost = np.full(evidence.shape, -np.log(0.3 / 2))
        for y in range(SIZE[0]):
            for x in range(SIZE[1]):
                cost[evidence[:, y, x].argmax(), y, x] = -np.log(0.7)
    rows = mean_field(cost.astype(np.float32), image, settings).argmax(0)
    return np.array([0, 1 + CLASSES[0], 1 + CLASSES[1]])[rows]


def of_irn(image, maps, threshold) -> np.ndarray:
    whole = maps.whole.numpy()
    return crf_labels(image, np.concatenate([np.full((1, *SIZE), threshold), whole]), IRN, True)


def of_psa(image, maps, alpha) -> np.ndarray:
    whole = maps.whole.numpy()
    return crf_labels(image, np.concatenate([(1 - whole.max(0, keepdims=True)) ** alpha, whole]), PSA, False)


def test_the_refiner_of_irn_is_a_crf_on_hard_labels(scene):
    image, maps = scene
    refined = irn_refiner(0.3).refine(image, maps)
    assert refined.classes == CLASSES
    assert refined.labels.dtype == np.int32
    assert (refined.labels == of_irn(image, maps, 0.3)).all()
    assert set(np.unique(refined.labels)) == {0, 7, 3}
    assert refined.probabilities.shape == (3, *SIZE)
    assert (np.array([0, 7, 3])[refined.probabilities.argmax(0)] == refined.labels).all()


def test_the_refiner_of_psa_is_a_crf_on_probabilities(scene):
    image, maps = scene
    assert (psa_refiner(4.0).refine(image, maps).labels == of_psa(image, maps, 4.0)).all()


def test_labels_of_irn_beside_a_loop(scene):
    image, maps = scene
    found = irn_labels(image, maps)
    first, second = of_irn(image, maps, 0.30), of_irn(image, maps, 0.05)
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            if first[y, x] > 0:
                assert found[y, x] == first[y, x]
            elif second[y, x] == 0:
                assert found[y, x] == 0
            else:
                assert found[y, x] == 255


def test_labels_of_irn_know_all_three_kinds(scene):
    image, maps = scene
    assert set(np.unique(irn_labels(image, maps, 0.5, 0.3))) == {0, 3, 7, 255}


def test_labels_of_psa_beside_a_loop(scene):
    image, maps = scene
    found = psa_labels(image, maps)
    low, high = of_psa(image, maps, 4.0), of_psa(image, maps, 32.0)
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            expected = low[y, x] if low[y, x] else 255
            if high[y, x] == 0:
                expected = 0
            assert found[y, x] == expected
    assert (found == 255).any()


def test_where_the_two_contradict_each_other_irn_keeps_the_class_and_psa_the_ground():
    sure, possible = np.array([[3, 3, 0, 0]], np.int32), np.array([[3, 0, 3, 0]], np.int32)
    assert join_irn_labels(sure, possible).tolist() == [[3, 3, 255, 0]]
    assert join_psa_labels(sure, possible).tolist() == [[3, 0, 255, 0]]


def test_nothing_is_known_outside_of_a_cropped_picture():
    sure, possible = np.array([[3, 0]], np.int32), np.array([[3, 0]], np.int32)
    assert join_psa_labels(sure, possible, np.array([[True, False]])).tolist() == [[3, 255]]
    assert join_psa_labels(sure, possible, np.array([[False, True]])).tolist() == [[255, 0]]


def test_exact_sums_are_an_option(scene):
    image, maps = scene
    small = ClassMaps(CLASSES, maps.strided, maps.whole[:, :12, :10])
    refiner = CrfRefiner(ConstantGround(0.3), IRN, sums="exact")
    lattice = CrfRefiner(ConstantGround(0.3), IRN)
    exact, near = (one.refine(image[:12, :10], small).labels for one in (refiner, lattice))
    assert (exact == near).mean() >= 0.95


def test_images_and_labels_of_other_sizes_are_refused(scene):
    image, maps = scene
    with pytest.raises(InvalidArgument, match="pixels"):
        irn_refiner(0.3).refine(image[:-1], maps)
    with pytest.raises(InvalidArgument, match="not of one image"):
        join_irn_labels(np.zeros((2, 3), np.int32), np.zeros((3, 2), np.int32))
