"""What marks and named classes teach: cells that somebody told, middles near marks, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import Point, Scribble
from models.data.samples import KnownBy, prepare
from models.encoders.feature_store import NO_STORE
from models.features.learnt import TrainingSet, gather
from models.features.model import frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.features.views import labeled_views, tensors_of
from models.pretrained.fit import fit
from models.pretrained.losses import centre_loss, semantic_loss, somewhere_loss
from models.pretrained.model import FittedPretrained
from models.pretrained.partly_told import REACH, Marks, settle
from models.pretrained.targets import dense_targets, usual_sides
from models.pretrained.train import PyramidTraining, build_network
from tests.models.fits import CPU, fitted
from tests.models.pretrained.discs import SIDE, disc_picture

SMALL = PretrainedRecipe(image_size=96, width=16, tower=16, region=8, views=2, min_iterations=2, max_iterations=2)
SIDES = np.array([0.2, 0.2, 0.2], dtype=np.float32)
CELLS = SIDE // 4


def pointed(example):
    """As if people had put a point on each object."""
    points = map(Point.on, example.objects)
    return replace(example, objects=(), marks=tuple(Scribble(item.category_id, ((item.x, item.y),)) for item in points))


def named(example):
    """As if people had named the classes."""
    return replace(example, objects=(), present=frozenset(item.category_id for item in example.objects))


def view_of(prepared, number=0):
    encoder = frozen_encoder(PretrainedRecipe(image_size=SIDE, weights="random"), NO_STORE, CPU, 0)
    return labeled_views(prepared, encoder, number + 1)[number]


def prepared(example):
    return prepare(example, [1, 2, 3], SIDE, 100)


def fully_scribbled(example):
    """The example's pixels, each with a stroke on it."""
    outlined = prepared(example)
    return replace(
        outlined,
        known_by=np.full(len(outlined.classes), KnownBy.MARK, np.uint8),
        present=np.isin([0, 1, 2], outlined.classes),
        ground=~outlined.masks.any(axis=0),
    )


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_strokes_on_every_pixel_tell_what_outlines_tell(number):
    outlines, strokes = (
        view_of(made, number) for made in (prepared(disc_picture(0)), fully_scribbled(disc_picture(0)))
    )
    truth, told = (dense_targets([view], 3, CPU, SIDES) for view in (outlines, strokes))
    assert torch.equal(told.told, truth.told)
    shown = told.told[0]
    torch.testing.assert_close(told.semantic[0][shown], truth.semantic[0][shown])
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=told.semantic.shape)).float()
    losses = [semantic_loss(logits, each.semantic, each.told).item() for each in (truth, told)]
    assert losses[0] == pytest.approx(losses[1])


def test_a_point_tells_its_cells_and_that_other_classes_are_nowhere():
    example = pointed(disc_picture(0))
    marks = tuple(replace(mark, category_id=1) for mark in example.marks)
    view = view_of(prepared(replace(example, marks=marks, present=None)))
    targets = dense_targets([view], 3, CPU, SIDES)
    assert targets.told[0, 1].all()  # classes 2 and 3 are not in the image
    assert targets.told[0, 2].all()
    assert not targets.semantic[0, 1:3].any()
    for channel in (0, 3):  # of class 1 and of any object, the points' cells are told and no other
        told = targets.told[0, channel]
        assert (targets.semantic[0, channel][told] == 1).all()
        assert len(marks) <= told.sum() <= 4 * len(marks)
    for x, y in (mark.path[0] for mark in marks):
        assert targets.told[0, 0, int(y * CELLS / SIDE), int(x * CELLS / SIDE)]


def test_a_stroke_on_the_ground_tells_that_nothing_is_there():
    example = pointed(disc_picture(0))
    stroke = Scribble(0, ((0.0, 2.0), (float(SIDE), 2.0)))
    view = view_of(prepared(replace(example, marks=(stroke,), present=frozenset({1, 2, 3}))))
    targets = dense_targets([view], 3, CPU, SIDES)
    assert targets.told[0, :, 0].all()
    assert not targets.told[0, :, 2:].any()
    assert not targets.semantic.any()


def test_nothing_is_told_outside_the_picture():
    view = view_of(fully_scribbled(disc_picture(0)), 3)
    targets = dense_targets([view], 3, CPU, SIDES)
    assert not view.known.all()
    assert not targets.told[0][:, ~torch.from_numpy(view.known)].any()
    assert not targets.centred[0][~torch.from_numpy(view.known)].any()


def test_the_loss_of_told_cells_agrees_with_loops_and_teaches_no_other():
    rng = np.random.default_rng(1)
    logits = torch.from_numpy(rng.normal(size=(2, 3, 4, 4))).requires_grad_()
    targets, told = torch.from_numpy(rng.random((2, 3, 4, 4))), torch.from_numpy(rng.random((2, 3, 4, 4)) < 0.3)
    total = 0.0
    for place in zip(*told.nonzero(as_tuple=True), strict=True):
        probability, target = torch.sigmoid(logits[place]).item(), targets[place].item()
        total -= target * np.log(probability) + (1 - target) * np.log(1 - probability)
    loss = semantic_loss(logits, targets, told)
    assert loss.item() == pytest.approx(2 * total / told.sum().item())
    loss.backward()
    assert torch.equal(logits.grad != 0, told)


def test_what_is_somewhere_is_wanted_where_it_is_likeliest():
    rng = np.random.default_rng(2)
    logits = torch.from_numpy(rng.normal(size=(3, 2, 4, 4)) - 4).requires_grad_()
    somewhere, known = torch.tensor([[True, False], [True, True], [False, False]]), torch.ones(3, 4, 4).bool()
    known[1, :2] = False
    total, wanted = 0.0, torch.zeros_like(logits).bool()
    for image, index in [(0, 0), (1, 0), (1, 1)]:
        cells = [(row, column) for row in range(4) for column in range(4) if known[image, row, column]]
        best = max(cells, key=lambda cell: logits[image, index, cell[0], cell[1]].item())
        wanted[image, index, best[0], best[1]] = True
        total -= torch.sigmoid(logits[image, index, best[0], best[1]]).log().item() / 3
    loss = somewhere_loss(logits, somewhere, known)
    assert loss.item() == pytest.approx(total)
    loss.backward()
    assert torch.equal(logits.grad < 0, wanted)
    assert somewhere_loss(logits, torch.zeros_like(somewhere), known).item() == 0


def test_a_class_that_is_not_there_is_pushed_down_and_one_that_is_there_is_pushed_up_in_one_cell():
    example = replace(disc_picture(0), objects=(), present=frozenset({2}))
    targets = dense_targets([view_of(prepared(example))], 3, CPU, SIDES)
    logits = torch.randn(1, 4, CELLS, CELLS, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (
        semantic_loss(logits, targets.semantic, targets.told)
        + somewhere_loss(logits[:, :-1], targets.somewhere, targets.known)
    ).backward()
    assert (logits.grad[0, [0, 2]] > 0).all()
    assert (logits.grad[0, 1] < 0).sum() == (logits.grad[0, 1] != 0).sum() == 1
    assert not logits.grad[0, 3].any()
    assert not targets.centred.any()


def marks(places, side=0.2):
    images, at = [image for image, _, _ in places], [(x, y) for _, x, y in places]
    return Marks(torch.tensor(images), torch.tensor(at).view(-1, 2), torch.full((len(places),), side))


def test_a_middle_is_at_its_mark_as_long_as_the_network_holds_nothing():
    none = torch.zeros(2, 1, 20, 20)
    centres, told = settle(none, torch.zeros(2, 20, 20).bool(), none, marks([(1, 0.52, 0.27)]))
    assert (centres == 1).nonzero().tolist() == [[1, 0, 5, 10]]
    assert told.nonzero().tolist() == [[1, 5, 10]]
    assert not centres[0].any()
    assert centres[0 + 1, 0, 5, 11] == pytest.approx(np.exp(-1 / (2 * 0.7**2)))


def test_a_middle_is_where_the_network_holds_it_likeliest_within_reach():
    logits = torch.full((1, 1, 20, 20), -6.0)
    logits[0, 0, 6, 12], logits[0, 0, 18, 2] = 2.0, 9.0
    centres, _ = settle(torch.zeros_like(logits), torch.ones(1, 20, 20).bool(), logits, marks([(0, 0.52, 0.27)]))
    assert (centres == 1).nonzero().tolist() == [[0, 0, 6, 12]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 4))
def test_middles_agree_with_loops(seed, number):
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(size=(2, 1, 8, 8))).float()
    before = torch.from_numpy(rng.random((2, 1, 8, 8))).float() * 0.9
    places = sorted((int(rng.integers(2)), *rng.random(2).tolist()) for _ in range(number))
    wanted = before.clone()
    for image, x, y in places:
        value = {
            (row, column): torch.sigmoid(logits[image, 0, row, column]).item()
            * np.exp(-(((column + 0.5) / 8 - x) ** 2 + ((row + 0.5) / 8 - y) ** 2) / (2 * (REACH * 0.3 / 2) ** 2))
            for row in range(8)
            for column in range(8)
        }
        at = max(value, key=lambda cell: value[cell])
        for row, column in value:
            bump = np.exp(-((row - at[0]) ** 2 + (column - at[1]) ** 2) / (2 * max(0.1 * 0.3 * 8, 0.7) ** 2))
            wanted[image, 0, row, column] = max(wanted[image, 0, row, column].item(), bump)
    centres, _ = settle(before, torch.ones(2, 8, 8).bool(), logits, marks(places, 0.3))
    torch.testing.assert_close(centres, wanted)


def test_in_a_marked_image_there_are_no_other_middles_than_near_marks():
    example = pointed(disc_picture(0))
    targets = dense_targets([view_of(prepared(example))], 3, CPU, SIDES)
    assert targets.centred.all()
    logits = torch.zeros_like(targets.centres).requires_grad_()
    centres, told = settle(targets.centres, targets.centred, logits, targets.marks)
    assert (centres == 1).sum() == len(example.marks)
    centre_loss(logits, centres, told).backward()
    assert ((logits.grad < 0) == (centres == 1)).all()


def test_usual_sides_are_medians_of_each_class_and_of_all_where_it_has_none():
    view = view_of(prepared(disc_picture(0)))
    view = replace(view, areas=np.array([0.04, 0.16], np.float32), classes=np.array([0, 1]))
    assert usual_sides([view], 3).tolist() == pytest.approx([0.2, 0.4, 0.3])
    assert usual_sides([view_of(prepared(replace(disc_picture(0), objects=())))], 1).tolist() == pytest.approx([0.1])


def test_an_image_that_is_only_named_is_seen_whole():
    pictures = [disc_picture(seed) for seed in range(3)]
    encoder = frozen_encoder(replace(SMALL, views=4), NO_STORE, CPU, 0)
    given_ = TrainingSet([pictures[0], pointed(pictures[1]), named(pictures[2])], (1, 2), (), ())
    learnt = gather(
        given_, replace(SMALL, views=4), encoder, previous=None, kind=FittedPretrained, progress=lambda *_: None
    )
    assert [len(windows[0]) for windows in learnt.weak.values()] == [4, 2]
    assert list(learnt.labels) == ["discs-000"]
    assert learnt.on_top[-1][1] == replace(SMALL, views=4).weak_images == 4


def test_a_marked_object_is_looked_at_in_the_networks_own_box_once_that_has_learnt_something():
    pictures = [disc_picture(seed) for seed in range(4)]
    examples = TrainingSet([pictures[0], *map(pointed, pictures[1:])], (1, 2), (), ())
    encoder = frozen_encoder(SMALL, NO_STORE, CPU, 0)
    learnt = gather(examples, SMALL, encoder, previous=None, kind=FittedPretrained, progress=lambda *_: None)
    network = build_network(encoder.channels, 2, SMALL, 0)
    task = PyramidTraining.of(network, learnt.drawn, 2, replace(SMALL, own_boxes=1e-9), learnt.on_top)
    batch = task.batch(0, 0)
    marked = batch.objects.known_by == KnownBy.MARK
    assert 0 < marked.sum() < len(marked)

    def loss_of(objects, done):
        return task.loss(replace(batch, objects=objects), done).item()

    others = batch.objects.of(~marked)
    elsewhere = replace(batch.objects, boxes=torch.where(marked[:, None], 0.5, batch.objects.boxes))
    assert loss_of(batch.objects, 0.1) == loss_of(others, 0.1)
    assert loss_of(batch.objects, 0.5) == loss_of(elsewhere, 0.5) != loss_of(others, 0.5)


def test_a_marked_image_is_evidence_for_the_head_once_it_is_outlined():
    pictures = [disc_picture(seed) for seed in range(5)]
    first = fitted([*pictures[:2], *map(pointed, pictures[2:4]), named(pictures[4])], SMALL, fit=fit)
    assert first.snapshot == tuple(picture.image_id for picture in pictures[:2])
    again = fitted(pictures, SMALL, fit=fit, previous=first)
    assert again.evidence is not None
    assert set(again.evidence.image_ids) <= {picture.image_id for picture in pictures[2:]}


def test_marks_change_the_network_and_their_images_do_not_replace_outlines():
    pictures = [disc_picture(seed) for seed in range(4)]
    alone, beside = (
        fitted([*pictures[:2], *more], SMALL, fit=fit).network.state_dict() for more in ((), map(pointed, pictures[2:]))
    )
    assert any(not torch.equal(alone[name], beside[name]) for name in alone)
    with pytest.raises(InvalidArgument, match="no labeled image with outlines or boxes"):
        fitted([pointed(pictures[0]), named(pictures[1])], SMALL, fit=fit)


def test_what_is_said_of_an_image_is_told_apart():
    """Pixels are the same, and what is learnt from them is not: the network cache has to know."""
    example = disc_picture(0)
    marked = pointed(example)
    with_ground = replace(marked, marks=(*marked.marks, Scribble(0, ((1, 1), (9, 1)))))
    every = [example, marked, with_ground, named(example), replace(named(example), present=frozenset({1, 2, 3}))]
    told = [tensors_of([[[view_of(prepared(one))]]]) for one in every]
    for place, one in enumerate(told):
        for other in told[place + 1 :]:
            assert one.keys() != other.keys() or any(not torch.equal(one[name], other[name]) for name in one)
