"""Training on clicks: what is kept, what resumes, what comes of it."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel
from models.classification.unet.clicks import Click, ClickedImage
from models.classification.unet.crops import CropBatch
from models.classification.unet.model import FittedUnet
from models.classification.unet.train import BestOf, click_loss, f_measure, train_unet
from models.training.cache import NetworkCache
from tests.models.classification.unet.drawn import CRACK, clicked, network, small

CPU = torch.device("cpu")
IMAGES = clicked(6, 48)
train = partial(train_unet, seed=3, device=CPU, checkpoint_dir=None, progress=lambda *_: None)


class StoppedError(Exception):
    pass


def stop_after(number):
    left = iter(range(number))

    def progress(*_):
        if next(left, None) is None:
            raise StoppedError

    return progress


def listen(told, _, message):
    told.append(message)


def same(first, second):
    return all(
        torch.equal(value, other)
        for one, two in zip(first.networks, second.networks, strict=True)
        for value, other in zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("held_out", [0.0, 0.5])
def test_a_killed_training_ends_as_one_that_was_not(tmp_path, held_out):
    recipe = small(held_out=held_out, checkpoint_every=2, measure_every=1)
    whole = train(IMAGES, [CRACK], recipe)
    for number in (1, 1):
        with pytest.raises(StoppedError):
            train(IMAGES, [CRACK], recipe, checkpoint_dir=tmp_path, progress=stop_after(number))
    resumed = train(IMAGES[::-1], [CRACK], recipe, checkpoint_dir=tmp_path)
    assert same(whole, resumed)
    assert resumed.metrics == whole.metrics
    assert not same(whole, train(IMAGES, [CRACK], recipe, seed=4))


def test_the_best_network_on_held_out_images_is_kept_and_measuring_changes_no_training():
    told: dict[int, list[str]] = {100: [], 1: []}
    last, often = (
        train(
            IMAGES,
            [CRACK],
            small(held_out=0.5, measure_every=every),
            progress=partial(listen, told[every]),
        )
        for every in told
    )
    assert told[1] == told[100]  # with the loss of each iteration
    assert len(told[1]) == 7
    key = f"held_out_f {CRACK}"
    assert set(last.metrics) == set(often.metrics) == {key}
    assert often.metrics[key] >= last.metrics[key]
    assert train(IMAGES[:6], [CRACK], small(held_out=0.5)).metrics == {}  # too few to hold any out


def test_the_better_of_two_is_kept():
    keeper = BestOf(network(), chosen=True)
    weights = keeper.network.head.weight

    def after(value, f, loss):
        with torch.no_grad():
            weights.fill_(value)
        keeper.offer(f, loss)
        return float(keeper.kept().head.weight.mean())

    kept = [after(*one) for one in ((1, 0.5, 1.0), (2, 0.4, 0.1), (3, 0.5, 1.0), (4, 0.5, 0.9), (5, 0.6, 3.0))]
    assert kept == [1, 1, 1, 4, 5]


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=2, max_size=12).filter(
        lambda x: len(x) % 2 == 0
    )
)
def test_f_is_beside_a_plain_count(rows):
    said, true, known = (torch.tensor(column).reshape(-1, 2) for column in zip(*rows, strict=True))
    each = []
    for index in range(2):
        told = [(s, t) for s, t, k in zip(said[:, index], true[:, index], known[:, index], strict=True) if k]
        hits = sum(bool(s and t) for s, t in told)
        wrong = sum(bool(s != t) for s, t in told)
        each.append(2 * hits / (2 * hits + wrong) if hits else 0.0)
    assert f_measure(said, true, known) == pytest.approx(np.mean(each))


def test_what_nobody_knows_teaches_nothing():
    logits = torch.tensor([[0.0, 5.0], [2.0, -1.0]], requires_grad=True)
    known = torch.tensor([[True, False], [True, True]])
    loss = click_loss(logits, CropBatch(logits, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), known))
    wanted = (np.log(2) + np.log(1 + np.exp(2)) + np.log(1 + np.exp(1))) / 3
    assert float(loss.detach()) == pytest.approx(wanted, abs=1e-5)
    torch.autograd.backward(loss)
    assert float(logits.grad[0, 1]) == 0


def test_a_class_learns_the_same_whatever_others_are_learnt_beside_it():
    other = ClickedImage("other", IMAGES[0].pixels[::-1].copy(), (Click(3, 3, 9),), frozenset({CRACK}))
    recipe = small(held_out=0.0)
    both = train([*IMAGES, other], [9, CRACK], recipe)
    (network_of, index), alone = both.network_of(CRACK), train([*IMAGES, other], [CRACK], recipe)
    assert (network_of, index) == (both.networks[1], 0)
    state, wanted = network_of.state_dict(), alone.networks[0].state_dict()
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)
    joint = train([*IMAGES, other], [9, CRACK], small(held_out=0.0, joint=True))
    assert joint.network_of(CRACK) == (joint.networks[0], 1)
    assert joint.networks[0].head.out_channels == 2
    with pytest.raises(InvalidArgument, match="was not learnt"):
        joint.network_of(5)


@pytest.mark.parametrize("joint", [False, True])
def test_a_file_holds_all_of_it(tmp_path, joint):
    other = ClickedImage("other", IMAGES[0].pixels, (Click(3, 3, 9),))
    fitted = train([*IMAGES, other], [9, CRACK], small(held_out=0.0, joint=joint))
    fitted.save(tmp_path / "unet")
    read = FittedUnet.load(tmp_path / "unet", CPU)
    assert same(fitted, read)
    assert (read.recipe, read.categories, read.snapshot, read.metrics, read.arithmetic) == (
        fitted.recipe, fitted.categories, fitted.snapshot, fitted.metrics, fitted.arithmetic
    )  # fmt: skip
    assert not any(network.training for network in read.networks)


def test_what_cannot_be_learnt_is_refused():
    with pytest.raises(InvalidArgument, match="no category"):
        train(IMAGES, [], small())
    with pytest.raises(InvalidArgument, match="no click on an object"):
        train(IMAGES, [CRACK, 5], small())
    with pytest.raises(InvalidArgument, match="no crop of 48 pixels"):
        train([ClickedImage("a", IMAGES[0].pixels, IMAGES[0].clicks)], [CRACK], small(crop=48))


@pytest.mark.parametrize("known", ["objects", "boxes", "whole"])
def test_what_is_known_of_objects_besides_clicks_makes_another_training(tmp_path, known):
    """Crops of nothing keep off it, and no network is taken from the cache that knew less."""
    solid = np.zeros((48, 48), np.bool_)
    solid[:9, :9] = True
    told = {
        "objects": replace(IMAGES[0], objects=(ObjectLabel(CRACK, Mask.from_array(solid)),)),
        "boxes": replace(IMAGES[0], boxes=(Box(CRACK, 0, 0, 9, 9),)),
        "whole": replace(IMAGES[0], whole=True),
    }
    more = [told[known], *IMAGES[1:]]
    recipe, cache = small(held_out=0.0, iterations=1), NetworkCache(tmp_path, 1 << 28)
    first = train(IMAGES, [CRACK], recipe, cache=cache)
    assert same(train(IMAGES, [CRACK], recipe, cache=cache), first)
    assert same(train(more, [CRACK], recipe, cache=cache), train(more, [CRACK], recipe))
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
