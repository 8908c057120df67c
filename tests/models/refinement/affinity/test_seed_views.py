from functools import partial

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument, InvalidLabel
from models.data.samples import IMAGENET_MEAN, IMAGENET_STD
from models.refinement.affinity.seed_views import (
    Cut,
    CutOptions,
    SeedExample,
    cut_at,
    draw_seed_batch,
    example_tensors,
    nearest_labels,
    network_input,
    ordered,
    pooled_labels,
    random_cut,
)
from models.refinement.seed_labels import SeedScores

CPU = torch.device("cpu")


def example(image_id="a", height=20, width=30, seed=0):
    """Red tells the row, green the column, and the label both."""
    rows, columns = np.indices((height, width))
    pixels = np.stack([rows, columns, np.full_like(rows, seed)], axis=-1).astype(np.uint8)
    return SeedExample(image_id, pixels, ((rows + columns) % 5).astype(np.uint8))


def options(side, batch=4, scales=(1.0, 1.0), stride=4):
    return CutOptions(side, batch, scales, partial(nearest_labels, stride=stride))


@pytest.mark.parametrize(("height", "width"), [(20, 30), (10, 12), (10, 40)])
def test_a_cut_lies_in_the_image_or_the_image_in_it(height, width):
    item, rng, corners = example(height=height, width=width), np.random.default_rng(0), set()
    for _ in range(40):
        cut = random_cut(item, options(16), rng)
        assert cut.inside.sum() == min(height, 16) * min(width, 16)
        rows, columns = cut.image[..., 0].astype(int), cut.image[..., 1].astype(int)
        np.testing.assert_array_equal(cut.labels[cut.inside], ((rows + columns) % 5)[cut.inside])
        assert (cut.labels[~cut.inside] == 255).all()
        assert (cut.image[~cut.inside] == 0).all()
        top, left = np.argwhere(cut.inside)[0]
        across = columns[top, left : left + min(width, 16)]
        assert set(np.diff(across)) in ({1}, {-1})
        corners.add((int(top), int(left), int(rows[top, left]), int(across.min()), int(across[1] - across[0])))
    assert len(corners) > 10
    assert {corner[-1] for corner in corners} == {1, -1}


def test_scales_are_drawn_and_labels_are_not_mixed():
    item = SeedExample("a", np.zeros((32, 32, 3), dtype=np.uint8), np.where(np.eye(32) > 0, 7, 0).astype(np.uint8))
    rng = np.random.default_rng(0)
    sizes = set()
    for _ in range(20):
        cut = random_cut(item, options(64, scales=(0.5, 1.5)), rng)
        sizes.add(int(cut.inside.any(axis=1).sum()))
        assert set(np.unique(cut.labels)) <= {0, 7, 255}
    assert 16 <= min(sizes) < 24 < 40 < max(sizes) <= 48


def test_outside_the_image_the_network_sees_zero():
    cut = cut_at(np.full((2, 2, 3), 255, dtype=np.uint8), np.zeros((2, 2), dtype=np.uint8), 4, (-1, -2))
    made = network_input([cut], CPU)[0]
    white = [(1 - mean) / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    for channel, value in enumerate(white):
        expected = torch.zeros(4, 4)
        expected[1:3, 2:4] = value
        torch.testing.assert_close(made[channel], expected)


def test_reduced_labels_are_those_in_the_middle_of_cells():
    cut = cut_at(np.zeros((8, 8, 3), dtype=np.uint8), np.arange(64, dtype=np.uint8).reshape(8, 8), 8, (0, 0))
    assert nearest_labels(cut, 4).tolist() == [[18, 22], [50, 54]]


def averaged(cut, cell):
    """As the authors do it: scores of both readings averaged over each cell, the largest of each, compared.

    Where one class is unknown from ground, it is that of the cell's other pixels.
    """
    cells = len(cut.labels) // cell
    made = np.zeros((cells, cells), dtype=np.uint8)
    for row in range(cells):
        for column in range(cells):
            at = np.s_[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            labels = [int(label) for label in cut.labels[at][cut.inside[at]]]
            classes = sorted({label for label in labels if label not in (0, 255)} or {1})
            sure, doubtful = np.zeros(classes[-1] + 1), np.zeros(classes[-1] + 1)
            for label in labels:  # a pixel unknown is ground to the first reading, and a class to the second
                sure[0 if label == 255 else label] += 1 / cell**2
                doubtful[classes[0] if label == 255 else label] += 1 / cell**2
            if max(sure) < 1e-5 or (sure.argmax() == 0 and doubtful.argmax() != 0):
                made[row, column] = 255
            else:
                made[row, column] = sure.argmax()
    return made


def test_pooled_labels_are_those_of_averaged_scores():
    rng, seen = np.random.default_rng(0), set()
    for _ in range(200):
        found = [0, 255, *((3,) if rng.random() < 0.8 else ())]
        labels = rng.choice(found, p=rng.dirichlet(np.ones(len(found))), size=(4, 4)).astype(np.uint8)
        inside = rng.random((4, 4)) < rng.choice([0, 0.5, 1])
        cut = Cut(np.zeros((4, 4, 3), dtype=np.uint8), np.where(inside, labels, 255).astype(np.uint8), inside)
        made = pooled_labels(cut, 2)
        np.testing.assert_array_equal(made, averaged(cut, 2))
        seen |= set(made.ravel().tolist())
    assert seen == {0, 3, 255}


def test_of_two_classes_the_larger_must_outweigh_ground_and_unknown():
    labels = np.array([[2, 2, 3, 3], [2, 3, 3, 2], [5, 0, 0, 255], [5, 5, 255, 5]], dtype=np.uint8)
    cut = Cut(np.zeros((4, 4, 3), dtype=np.uint8), labels, np.ones((4, 4), dtype=np.bool_))
    assert pooled_labels(cut, 2).tolist() == [[2, 3], [5, 255]]


def scored(height=24, width=16, classes=(6, 2), seed=0):
    """An image whose labels are hardly ever the same as a neighbour's: red tells the row, green the column."""
    rng = np.random.default_rng(seed)
    stacks = [rng.dirichlet(weights, size=(height, width)).transpose(2, 0, 1) for weights in ((2, 1, 1), (1, 1, 1))]
    rows, columns = np.indices((height, width))
    pixels = np.stack([rows, columns, np.zeros_like(rows)], axis=-1).astype(np.uint8)
    return SeedExample.of_scores("a", pixels, SeedScores(classes, np.stack(stacks).astype(np.float32)))


def authors_labels(item, cut, cell):
    """Labels of the cells of a cut, pixel by pixel: both stacks averaged, zero outside, the likeliest, compared."""
    cells = len(cut.labels) // cell
    made = np.full((cells, cells), 255)
    for row, column in np.ndindex(cells, cells):
        sums = np.zeros((2, 3))
        for y, x in np.ndindex(cell, cell):
            at = (row * cell + y, column * cell + x)
            if cut.inside[at]:
                sums += item.scores.rows[:, :, cut.image[at][0], cut.image[at][1]]
        if sums.max() / cell**2 < 1e-5:
            continue
        sure, possible = sums.argmax(axis=1)
        made[row, column] = 0 if possible == 0 else 255 if sure == 0 else 1 + item.scores.classes[sure - 1]
    return made


def test_scores_are_averaged_before_the_likeliest_is_taken():
    item, rng, differ, seen = scored(), np.random.default_rng(1), 0, set()
    for _ in range(20):
        cut = random_cut(item, options(32), rng)  # higher and wider than the image: some cells lie outside
        made = pooled_labels(cut, 4)
        np.testing.assert_array_equal(made, authors_labels(item, cut, 4))
        differ += int((made != pooled_labels(Cut(cut.image, cut.labels, cut.inside), 4)).sum())
        seen |= set(made.ravel().tolist())
    assert seen == {0, 3, 7, 255}
    assert differ > 100  # counting labels comes to something else


def test_labels_of_scores_are_those_of_cells_of_one_pixel():
    item = scored()
    whole = cut_at(item.pixels, item.labels, 24, (0, 0), item.scores)
    np.testing.assert_array_equal(pooled_labels(whole, 1)[:, :16], item.labels)
    assert (pooled_labels(whole, 1)[:, 16:] == 255).all()


def test_scores_are_part_of_what_is_learnt_from():
    item = scored()
    bare = SeedExample("a", item.pixels, item.labels)
    assert set(example_tensors([item])) - set(example_tensors([bare])) == {"0 scores", "0 classes"}


def test_a_batch_comes_from_seed_and_iteration_alone():
    items = ordered([example(name, seed=seed) for seed, name in enumerate("cab")])
    assert [item.image_id for item in items] == ["a", "b", "c"]
    first, again, other = (draw_seed_batch(items, options(16, 2), 5, iteration, CPU) for iteration in (3, 3, 5))
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)
    assert (first.images.shape, first.labels.shape, first.labels.dtype) == ((2, 3, 16, 16), (2, 4, 4), torch.int64)


def test_what_cannot_be_learnt_from_is_refused():
    with pytest.raises(InvalidLabel, match="image a"):
        SeedExample("a", np.zeros((4, 4, 3), dtype=np.uint8), np.zeros((4, 5), dtype=np.uint8))
    with pytest.raises(InvalidLabel, match="image a"):
        SeedExample("a", np.zeros((4, 4, 3), dtype=np.uint8), np.zeros((4, 4), dtype=np.int64))
    scores = SeedScores((0,), np.zeros((2, 2, 4, 5), dtype=np.float32))
    with pytest.raises(InvalidLabel, match="image a: its seeds' scores"):
        SeedExample("a", np.zeros((4, 4, 3), dtype=np.uint8), np.zeros((4, 4), dtype=np.uint8), scores)
    with pytest.raises(InvalidArgument, match="2 classes"):
        SeedScores((0, 1), scores.rows)
    for items in ([], [example("a"), example("a")]):
        with pytest.raises(InvalidArgument):
            ordered(items)
