"""RIB beside a slow copy of it: the classifier itself learns by torch's SGD, pooling and sums are plain loops."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument, InvalidConfig
from models.classification.network import build_classifier
from models.classification.recipe import resolve_classifier
from models.localization.cam import Cam
from models.localization.gndrp import gndrp
from models.localization.maps import ClassMaps, join_scales, join_views, view_pair
from models.localization.poly_sgd import PolySgd, Weights
from models.localization.rib import Rib
from models.localization.rib_crops import RibCrops

CPU = torch.device("cpu")
PICTURE = np.random.default_rng(3).integers(0, 256, (48, 61, 3), dtype=np.uint8)
FAST: dict[str, Any] = {"rate": 3e-5, "head_rate": 3e-4, "steps": 3}
"""Rates at which three steps change much."""


@pytest.fixture(scope="module")
def classifier():
    network = build_classifier(resolve_classifier("compact"), 3, seed=1)
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():  # statistics that are not those of a new network
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(0.1 * torch.randn(module.running_mean.shape, generator=generator))
            module.running_var.copy_(1 + torch.rand(module.running_var.shape, generator=generator))
    return network.eval()


def crops(**options: Any) -> RibCrops:
    rng = np.random.default_rng(5)
    images = [rng.integers(0, 256, (40, 52, 3), dtype=np.uint8) for _ in range(8)]
    return RibCrops(
        images,
        [(0,), (2,), (0, 2), (1,), (), (0,), (2,), (0, 2)],
        **{"number": 20, "side": 32, "longest": 320, **options},
    )


def pooled(row: torch.Tensor, tau: float, inclusive: bool, region: bool) -> torch.Tensor:
    """One class map (h, w) to its logit, a place at a time."""
    largest, total, low = row.max().item(), torch.zeros(()), 0
    for value in row.flatten():
        if value.item() / largest < tau or (inclusive and value.item() / largest <= tau):
            total, low = total + value, low + 1
    return total / (max(low, 1) if region else row.numel())


def slow_maps(classifier, asked, method: Rib, stop_after: int | None = None) -> ClassMaps:
    """As methods say it, of PICTURE; `stop_after` that many steps."""
    network = copy.deepcopy(classifier).eval()
    late = [*network.encoder.stages[method.cut :].parameters()]
    groups = [
        {"params": late, "lr": method.rate, "full": method.rate},
        {"params": [network.head.weight], "lr": method.head_rate, "full": method.head_rate},
    ]
    horizon = method.sgd.horizon or method.steps
    plain = horizon > 100  # the text has the gradient alone, and one rate
    kept = 0.0 if plain else 1e-4
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=kept, weight_decay=kept)

    def class_maps(images):
        features = network.encoder.pool(network.encoder.stem(images))
        for number, stage in enumerate(network.encoder.stages):
            features = stage(features.detach() if number == method.cut else features)
        return network.head(features.detach() if method.cut == 4 else features)

    sums = [torch.zeros(()) for _ in method.scales]
    for step in range(stop_after or method.steps):
        loss = torch.zeros(())
        rows = []
        for place, scale in enumerate(method.scales):
            maps = class_maps(view_pair(PICTURE, scale, CPU))
            sums[place] = sums[place] + join_views(maps.detach().relu())[list(asked)]
            if scale in method.fitted:
                rows += [(view, asked) for view in maps]
        if method.others:
            drawn = method.others.draw(PICTURE, asked, step if method.redraw else 0, CPU)
            rows += list(zip(class_maps(drawn.images), drawn.classes, strict=True))
        for view, held in rows:
            for index in held:
                logit = pooled(view[index], method.tau, method.inclusive, method.over == "region")
                loss = loss - (logit.clamp(max=method.most) if method.bound == "clamp" else logit)
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = group["full"] * (1.0 if plain else (1 - min(step, horizon - 1) / horizon) ** 0.9)
        optimizer.step()
    if method.last_map:
        for place, scale in enumerate(method.scales):
            maps = class_maps(view_pair(PICTURE, scale, CPU)).detach()
            sums[place] = sums[place] + join_views(maps.relu())[list(asked)]
    return join_scales(sums, asked, PICTURE.shape[:2], 16)


def assert_equal(made: ClassMaps, wanted: ClassMaps) -> None:
    assert made.classes == wanted.classes
    torch.testing.assert_close(made.whole, wanted.whole, atol=2e-5, rtol=0)
    torch.testing.assert_close(made.strided, wanted.strided, atol=2e-5, rtol=0)


@pytest.mark.parametrize("asked", [(1,), (2, 0)])
@pytest.mark.parametrize("cut", [0, 2, 4])
def test_maps_are_those_of_a_copy_that_learns(classifier, asked, cut):
    method = Rib(crops(), **FAST, cut=cut, most_spread=1.0)
    (made,) = method.maps(classifier, [PICTURE], [asked])
    assert_equal(made, slow_maps(classifier, asked, method))
    (before,) = Cam().maps(classifier, [PICTURE], [asked])
    assert (made.whole - before.whole).abs().max() > 1e-3


@pytest.mark.parametrize(
    "options",
    [
        {"inclusive": True},
        {"over": "region"},
        {"last_map": True},
        {"bound": "clamp", "most": 0.02},
        {"redraw": False},
        {"others": None},
        {"fitted": (0.5,), "scales": (1.0, 0.5)},
        {"sgd": PolySgd(horizon=7)},
    ],
    ids=lambda options: next(iter(options)),
)
def test_other_readings(classifier, options):
    method = Rib(**{"others": crops(), **FAST, "most_spread": 1.0, **options})
    (made,) = method.maps(classifier, [PICTURE], [(1,)])
    assert_equal(made, slow_maps(classifier, (1,), method))


def test_the_papers_reading(classifier):
    method = Rib.paper(others=crops(), **FAST, most=0.05)
    (made,) = method.maps(classifier, [PICTURE], [(1,)])
    assert_equal(made, slow_maps(classifier, (1,), method))
    assert (method.inclusive, method.over, method.bound, method.last_map) == (True, "region", "clamp", True)
    assert Rib.paper().head_rate == Rib.paper().rate == 8e-6


def test_the_defaults_are_the_published_numbers():
    method, others = Rib(), RibCrops((), ())
    assert (method.steps, method.rate, method.head_rate, method.tau, method.most) == (10, 8e-6, 8e-5, 0.4, 600)
    assert (method.spread_above, method.most_spread, method.cut) == (0.3, 0.7, 2)
    sgd = method.sgd.over(method.steps)
    assert (sgd.momentum, sgd.weight_decay, sgd.horizon) == (1e-4, 1e-4, 10)
    assert (others.number, others.side, others.shortest, others.longest) == (20, 512, 320, 640)


def test_logits_that_sum_to_more_than_m_end_the_fitting_with_that_steps_maps(classifier):
    endless = Rib(**FAST, most_spread=1.0)
    network, told = copy.deepcopy(classifier), []
    late = [*network.encoder.stages[2:].parameters(), network.head.weight]
    for step in range(2):  # the sum of the six logits at every step
        views = [network.maps(view_pair(PICTURE, scale, CPU))[:, 2] for scale in (1.0, 1.5, 2.0)]
        total = torch.stack([pooled(view, 0.4, False, False) for pair in views for view in pair]).sum()
        told.append(total.item())
        gradients = torch.autograd.grad(total, late)
        with torch.no_grad():
            for parameter, gradient in zip(late, gradients, strict=True):
                rate = endless.head_rate if parameter is network.head.weight else endless.rate
                parameter.add_(rate * (1 - step / 3) ** 0.9 * (gradient - 1e-4 * parameter))
    assert 0 < told[0] < told[1]
    bound: dict[str, Any] = {"most": (told[0] + told[1]) / 2, "most_spread": 1.0}  # passed in the second step
    (made,) = Rib(**FAST, **bound).maps(classifier, [PICTURE], [(2,)])
    assert_equal(made, slow_maps(classifier, (2,), endless, stop_after=2))
    (more,) = Rib(**FAST, **bound, last_map=True).maps(classifier, [PICTURE], [(2,)])
    assert_equal(more, slow_maps(classifier, (2,), endless, stop_after=3))


def test_maps_that_spread_end_the_fitting_and_only_the_first_scale_keeps_that_step(classifier):
    asked = (1, 0)
    (made,) = Rib(crops(), **FAST, most_spread=0.0).maps(classifier, [PICTURE], [asked])
    with torch.no_grad():
        before = [join_views(classifier.maps(view_pair(PICTURE, s, CPU)).relu())[list(asked)] for s in Rib().scales]
    network = two_classes_fitted(classifier, asked)
    with torch.no_grad():
        second = join_views(network.maps(view_pair(PICTURE, 1.0, CPU)).relu())[list(asked)]
    assert_equal(made, join_scales([before[0] + second, *before[1:]], asked, PICTURE.shape[:2], 16))


def test_maps_that_spread_are_looked_for_at_scale_1_wherever_it_stands(classifier):
    made, turned = (
        Rib(crops(), **FAST, most_spread=0.0, scales=scales).maps(classifier, [PICTURE], [(1, 0)])[0]
        for scales in ((1.0, 0.5, 1.5, 2.0), (0.5, 1.5, 2.0, 1.0))
    )
    assert_equal(turned, made)


def two_classes_fitted(classifier, asked):
    """After one step of Rib(crops(), **FAST)."""
    network, method = copy.deepcopy(classifier).eval(), Rib(crops(), **FAST)
    drawn = method.others.draw(PICTURE, asked, 0, CPU)
    loss = torch.zeros(())
    for scale in (1.0, 1.5, 2.0):
        loss = loss - gndrp(network.maps(view_pair(PICTURE, scale, CPU)), 0.4)[:, list(asked)].sum()
    for row, held in enumerate(drawn.classes):
        loss = loss - gndrp(network.maps(drawn.images), 0.4)[row, list(held)].sum()
    late = [*network.encoder.stages[2:].parameters(), network.head.weight]
    gradients = torch.autograd.grad(loss, late)
    with torch.no_grad():
        for parameter, gradient in zip(late, gradients, strict=True):
            rate = method.head_rate if parameter is network.head.weight else method.rate
            parameter.sub_(rate * (gradient + 1e-4 * parameter))
    return network


def test_spread_is_a_share_of_places_where_any_class_is_above_a_share_of_its_largest():
    maps = torch.zeros(2, 2, 5)
    maps[0, 0, :3] = torch.tensor([10.0, 3.0, 3.1])  # 0.3 itself is not above
    maps[1, 1, :5] = torch.tensor([1.0, 0.9, 0.9, 0.9, 0.9])
    assert Rib(most_spread=0.69)._has_spread(maps)  # 7 of 10
    assert not Rib(most_spread=0.71)._has_spread(maps)
    assert not Rib()._has_spread(torch.zeros(1, 2, 2))
    faint = torch.full((1, 2, 2), 4e-6)  # the program adds 1e-5 to the largest value, so that these are .29 of it
    assert not Rib()._has_spread(faint)
    assert Rib()._has_spread(2 * faint)


@pytest.mark.parametrize(
    ("inclusive", "over", "wanted"),
    [(False, "image", 3 / 6), (True, "image", 7 / 6), (False, "region", 3 / 4), (True, "region", 7 / 5)],
)
def test_pooling_by_hand(inclusive, over, wanted):
    maps = torch.tensor([[[[10.0, 4.0, 3.0], [2.0, 0.0, -2.0]]]])
    assert gndrp(maps, 0.4, inclusive=inclusive, over=over).item() == pytest.approx(wanted)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 0.4, 1.0]), st.booleans(), st.booleans(), st.booleans())
def test_pooling_is_that_of_a_loop_also_where_no_place_is_above_zero(seed, tau, inclusive, region, negative):
    maps = torch.randint(-3, 8, (2, 2, 3, 4), generator=torch.Generator().manual_seed(seed)).double()
    maps = (-maps.abs() - 1) if negative else maps.index_fill(3, torch.tensor([0]), 8.0)
    made = gndrp(maps, tau, inclusive=inclusive, over="region" if region else "image")
    wanted = [[pooled(row, tau, inclusive, region).item() for row in view] for view in maps]
    torch.testing.assert_close(made, torch.tensor(wanted, dtype=torch.float64))


def test_rates_fall_over_the_steps_that_are_made_unless_a_horizon_is_said():
    assert [PolySgd().over(steps).horizon for steps in (3, 10, 20)] == [3, 10, 20]
    assert PolySgd(horizon=7).over(3).horizon == 7
    start, gradient = Weights({"w": torch.zeros(1)}), {"w": torch.ones(1)}
    moved = [PolySgd(0.0, 0.0).over(3).step(step, start, gradient, {"w": 1.0}).values["w"].item() for step in range(3)]
    assert moved == pytest.approx([-1.0, -((2 / 3) ** 0.9), -((1 / 3) ** 0.9)])


def test_low_places_are_not_differentiated():
    maps = torch.tensor([[[[10.0, 1.0], [2.0, 9.0]]]], requires_grad=True)
    torch.autograd.backward(gndrp(maps, 0.4, over="region").sum())
    assert torch.equal(maps.grad, torch.tensor([[[[0.0, 0.5], [0.5, 0.0]]]]))


@pytest.mark.parametrize(("momentum", "decay"), [(1e-4, 1e-4), (0.9, 0.0), (0.5, 0.1)])
def test_weights_move_as_torch_moves_them_and_the_rate_stays_at_its_last(momentum, decay):
    generator = torch.Generator().manual_seed(0)
    parameter = torch.nn.Parameter(torch.randn(5, generator=generator))
    start = parameter.detach().clone()
    theirs = torch.optim.SGD([parameter], lr=1.0, momentum=momentum, weight_decay=decay)
    ours, sgd = Weights({"w": start}), PolySgd(momentum, decay, horizon=3)
    for step, share in enumerate([1.0, (2 / 3) ** 0.9, (1 / 3) ** 0.9, (1 / 3) ** 0.9, (1 / 3) ** 0.9]):
        gradient = torch.randn(5, generator=generator)
        parameter.grad = gradient.clone()
        theirs.param_groups[0]["lr"] = 0.3 * share
        theirs.step()
        ours = sgd.step(step, ours, {"w": gradient}, {"w": 0.3})
        torch.testing.assert_close(ours.values["w"], parameter.detach())
    assert torch.equal(start, Weights({"w": start}).values["w"])


def test_the_classifier_is_left_as_it_was_and_images_do_not_meet(classifier):
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    learns = [parameter.requires_grad for parameter in classifier.parameters()]
    other = PICTURE[:, ::-1].copy()
    method = Rib(crops(seed=4), **FAST)
    together = method.maps(classifier, [other, PICTURE], [(0, 1), (2,)])
    with torch.inference_mode():
        (alone,) = method.maps(classifier, [PICTURE], [(2,)])
    assert torch.equal(together[1].whole, alone.whole)
    assert all(torch.equal(before[name], value) for name, value in classifier.state_dict().items())
    assert learns == [parameter.requires_grad for parameter in classifier.parameters()]
    assert all(parameter.grad is None for parameter in classifier.parameters())


def test_crops_share_no_class_and_follow_from_seed_image_and_step():
    others = crops(number=3)
    drawn = others.draw(PICTURE, (2,), 1, CPU)
    assert drawn.images.shape == (3, 3, 32, 32)
    assert sorted(drawn.classes) == [(0,), (0,), (1,)]
    again, later = others.draw(PICTURE, (2,), 1, CPU), others.draw(PICTURE, (2,), 2, CPU)
    assert torch.equal(drawn.images, again.images)
    assert not torch.equal(drawn.images, later.images)
    assert not torch.equal(drawn.images, others.draw(PICTURE[:, ::-1], (2,), 1, CPU).images)
    assert not torch.equal(drawn.images, crops(number=3, seed=1).draw(PICTURE, (2,), 1, CPU).images)
    assert others.draw(PICTURE, (0, 2), 0, CPU).classes == ((1,),)
    assert others.draw(PICTURE, (0, 1, 2), 0, CPU).classes == ()
    assert [len(crops(number=n).draw(PICTURE, (1,), 0, CPU).classes) for n in (0, 1, 9)] == [0, 1, 6]


def test_where_no_other_image_will_do_the_image_is_fitted_alone(classifier):
    same = RibCrops([PICTURE], [(1,)], side=32)
    made, alone = (Rib(others, **FAST).maps(classifier, [PICTURE], [(1,)])[0] for others in (same, None))
    assert torch.equal(made.whole, alone.whole)


def test_what_cannot_be_is_refused(classifier):
    for options, field in (({"steps": 0}, "steps"), ({"fitted": (3.0,)}, "fitted"), ({"fitted": ()}, "fitted")):
        with pytest.raises(InvalidArgument) as refused:
            Rib(**options)
        assert refused.value.field == field
    with pytest.raises(InvalidArgument, match="cut after 5"):
        Rib(cut=5).maps(classifier, [PICTURE], [(0,)])
    with pytest.raises(InvalidArgument, match="not all of 0 to 2"):
        Rib(RibCrops([PICTURE], [(3,)])).maps(classifier, [PICTURE], [(0,)])
    with pytest.raises(InvalidArgument, match="classes of 0"):
        RibCrops([PICTURE], [])
    with pytest.raises(InvalidConfig, match="multiple of 32"):
        RibCrops([PICTURE], [()], side=50)
