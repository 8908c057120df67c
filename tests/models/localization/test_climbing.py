"""A step of AdvCAM: by hand in both readings, what the regulariser does, and that images do not meet in a batch."""

import pytest
import torch
from torch import Tensor, nn

from maskloop.errors import InvalidConfig
from models.classification.network import ImageClassifier
from models.encoders.backbones import Encoder
from models.localization.climbing import Climb
from models.localization.maps import class_maps
from tests.models.localization.scenes import classifier, normalised

PAPER = Climb(step_size=0.008, relative=False, normalised=True, official=False)


class Pixels(Encoder):
    """A 1 x 1 convolution that hands on red and green."""

    channels = (2,) * 5

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1, bias=False)
        self.conv.weight.data = torch.eye(3)[:2, :, None, None]

    def forward(self, images: Tensor, most: int = 5) -> list[Tensor]:
        return [self.conv(images)] * most


@pytest.fixture
def tiny() -> ImageClassifier:
    """Class 0 is red, class 1 is green."""
    network = ImageClassifier(Pixels(), 2)
    network.head.weight.data = torch.eye(2)[:, :, None, None]
    return network.eval().double()


RED, GREEN = [[2.0, -1.0], [1.0, 0.5]], [[1.0, 1.0], [-1.0, 0.0]]


def pair(red: list[list[float]], green: list[list[float]]) -> Tensor:
    """(1, 2, 3, 2, 2) of an image without blue and its mirror image."""
    image = torch.tensor([red, green, [[0.0, 0.0], [0.0, 0.0]]], dtype=torch.float64)
    return torch.stack([image, image.flip(-1)])[None]


RED_FIRST = torch.tensor([0])


def test_two_steps_by_hand(tiny):
    """Both views have three red cells above 0 and one positive weight: each counts 3 / (1 * 6).

    First step: the mean of four rectified cells changes by 1/4 a cell, up in red and down in green; divided by the
    largest, by 0.08. Red 2 stays below the largest pixel. Second step: the map is [[2, 0], [1.08, 0.58]], of which 2
    and 1.08 are above half of 2. The latter has grown: -7 * 1/2 in each view, with 1/4 it is -3.25 and the largest.
    """
    maps, after = Climb().step(tiny, pair(RED, GREEN), RED_FIRST)
    torch.testing.assert_close(maps, torch.tensor([[[2.0, 0.0], [1.0, 0.5]]], dtype=torch.float64))
    torch.testing.assert_close(after, pair([[2.0, -1.0], [1.08, 0.58]], [[0.92, 0.92], [-1.0, 0.0]]))
    second, last = Climb().step(tiny, after, RED_FIRST, maps)
    torch.testing.assert_close(second, torch.tensor([[[2.0, 0.0], [1.08, 0.58]]], dtype=torch.float64))
    small = 0.08 * 0.25 / 3.25
    torch.testing.assert_close(last, pair([[2.0, -1.0], [1.0, 0.58 + small]], [[0.92 - small] * 2, [-1.0, 0.0]]))


def test_two_steps_of_the_papers_reading_by_hand(tiny):
    """Maps are divided by their largest value, the logit is the mean of all cells, and nothing bounds a pixel.

    After 0.008 / 4 more red, the map's third cell is a / m = 2.004 / 4.004, above .5, and has grown; its slope by a is
    1 / m, by the largest cell -a / m^2.
    """
    maps, after = PAPER.step(tiny, pair(RED, GREEN), RED_FIRST)
    torch.testing.assert_close(maps, torch.tensor([[[1.0, 0.0], [0.5, 0.25]]], dtype=torch.float64))
    less = [[0.998, 0.998], [-1.002, -0.002]]
    torch.testing.assert_close(after, pair([[2.002, -0.998], [1.002, 0.502]], less))
    _, last = PAPER.step(tiny, after, RED_FIRST, maps)
    top = 2.002 + 0.008 * (0.25 + 7 * 2.004 / 4.004**2)
    left = 1.002 + 0.008 * (0.25 - 7 / 4.004)
    torch.testing.assert_close(
        last, pair([[top, -0.996], [left, 0.504]], [[value - 0.002 for value in row] for row in less])
    )


def test_views_that_see_the_class_in_fewer_cells_count_less(tiny):
    views = pair(RED, GREEN)
    views[0, 1, 0] = torch.tensor([[-1.0, 2.0], [-1.0, -1.0]])  # the mirror image has one red cell of four
    expected = [[0.75 * 2 + 0.25 * 2, 0.0], [0.75, 0.375]]
    torch.testing.assert_close(Climb().look(tiny, views, RED_FIRST), torch.tensor([expected], dtype=torch.float64))


def test_a_cell_of_just_the_threshold_is_not_regularised(tiny):
    """Of the map [[2, 0], [1, 0.5]] only 2 is above half of 2, and has grown from 0: 1/4 - 7/2 beside 1/4."""
    _, after = Climb().step(tiny, pair(RED, GREEN), RED_FIRST, torch.zeros(1, 2, 2))
    small = 0.08 * 0.25 / 3.25
    torch.testing.assert_close(
        after, pair([[1.92, -1.0], [1 + small, 0.5 + small]], [[1 - small, 1 - small], [-1.0, 0.0]])
    )


def test_views_share_the_largest_gradient_and_the_bounds_of_their_pixels(tiny):
    """The mirror image has no green: its red cell above 0, at its own largest pixel, may go on to that of both."""
    views = pair(RED, GREEN)
    views[0, 1, :2] = torch.tensor([[[0.5, -1.0], [-1.0, -1.0]], [[-1.0, -1.0], [-1.0, -1.0]]])
    tiny.head.weight.data[0, 0] = 0.5  # of red, so that green has the larger gradient
    _, after = Climb().step(tiny, views, RED_FIRST)
    assert after[0, 1, 0, 0, 0].item() == pytest.approx(0.5 + 0.04)
    assert after[0, 0, 1, 0].tolist() == pytest.approx([0.92, 0.92])


@pytest.mark.parametrize("climb", [Climb(), PAPER])
def test_the_regulariser_and_its_gradient_are_zero_in_the_first_step(climb):
    network, pairs = classifier(), normalised(images=3, side=48)
    targets = torch.tensor([0, 1, 2])
    maps, after = climb.step(network, pairs, targets)
    again, regularised = climb.step(network, pairs, targets, maps)
    assert maps.amax(dim=(1, 2)).min() > 0
    assert torch.equal(maps, again)
    assert torch.equal(after, regularised)
    torch.testing.assert_close(climb.look(network, pairs, targets), maps)


def test_without_regulariser_the_score_grows_step_by_step():
    network, pairs = classifier(classes=1), normalised(images=2, side=48)
    climb, targets, scores = Climb(step_size=0.002, regulariser=0.0), torch.tensor([0, 0]), []
    for _ in range(6):
        with torch.no_grad():
            scores.append(class_maps(network, pairs).relu().mean(dim=(2, 3, 4)).sum(dim=1))
        _, pairs = climb.step(network, pairs, targets, torch.zeros(2, 3, 3))
    assert (torch.stack(scores).diff(dim=0) > 0).all()


def test_other_classes_are_climbed_down():
    network, pairs, targets = classifier(), normalised(images=2, side=48), torch.tensor([0, 2])
    climb, seen = Climb(step_size=0.002, regulariser=0.0), []
    for _ in range(6):
        with torch.no_grad():
            scores = class_maps(network, pairs).relu().mean(dim=(3, 4)).sum(dim=1)
        seen.append(torch.stack([scores[0, 0] - scores[0, 1:].sum(), scores[1, 2] - scores[1, :2].sum()]))
        _, pairs = climb.step(network, pairs, targets)
    assert (torch.stack(seen).diff(dim=0) > 0).all()


def test_what_is_seen_already_grows_less_with_the_regulariser():
    network, first = classifier(), normalised(images=1, side=64)
    grown = []
    for regulariser in (0.0, 7.0):
        climb, pairs, target = Climb(step_size=0.01, regulariser=regulariser), first, torch.tensor([1])
        before = climb.look(network, first, target)
        for _ in range(5):
            _, pairs = climb.step(network, pairs, target, before)
        high = before > 0.5 * before.max()
        grown.append(float((climb.look(network, pairs, target) - before).abs()[high].sum()))
    assert grown[1] < grown[0]


@pytest.mark.parametrize("climb", [Climb(), PAPER])
def test_in_a_batch_each_image_steps_as_if_it_were_alone(climb):
    network, pairs, targets = classifier(), normalised(images=4, side=48), torch.tensor([2, 0, 1, 0])
    pairs[1] *= 3  # of which the smallest and largest pixel, and the largest gradient, are its own
    maps, after = climb.step(network, pairs, targets)
    maps, last = climb.step(network, after, targets, maps)
    for place in range(4):
        one = slice(place, place + 1)
        first, moved = climb.step(network, pairs[one], targets[one])
        second, moved = climb.step(network, moved, targets[one], first)
        torch.testing.assert_close(second, maps[one], atol=1e-9, rtol=1e-9)
        torch.testing.assert_close(moved, last[one], atol=1e-9, rtol=1e-9)


def test_pixels_stay_within_the_smallest_and_largest_of_both_views():
    network, pairs = classifier(), normalised(images=2, side=48)
    _, after = Climb(step_size=5.0).step(network, pairs, torch.tensor([0, 1]))
    assert torch.equal(after.amax(dim=(1, 2, 3, 4)), pairs.amax(dim=(1, 2, 3, 4)))
    assert torch.equal(after.amin(dim=(1, 2, 3, 4)), pairs.amin(dim=(1, 2, 3, 4)))


def test_an_image_in_which_nothing_is_seen_is_left_as_it_is(tiny):
    views = pair([[-1.0, -1.0], [-1.0, -1.0]], [[-1.0, 0.0], [-1.0, -1.0]])
    maps, after = Climb().step(tiny, views, RED_FIRST, torch.zeros(1, 2, 2))
    assert not maps.any()
    assert torch.equal(after, views)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"step_size": 0.0}, "step_size"),
        ({"step_size": float("nan")}, "step_size"),
        ({"regulariser": -1.0}, "regulariser"),
        ({"threshold": 1.0}, "threshold"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        Climb(**options)
    assert refused.value.field == field
