import numpy as np
import pytest
import torch

from models.classification.data import Kept
from models.classification.metrics import judge_classifier
from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import resolve_classifier

CPU = torch.device("cpu")
RECIPE = resolve_classifier("compact", image_size=32)


class Told(ImageClassifier):
    """Reads its logits off the first two pixels of the red channel."""

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, 0, 0, :2]


def example(name: str, reds: tuple[int, int], *classes: bool) -> Kept:
    image = np.zeros((32, 32, 3), np.uint8)
    image[0, :2, 0] = reds  # normalised, a red above 124 is a positive logit
    return Kept(name, image, np.array(classes))


def test_metrics_by_hand():
    unseen = [
        example("a", (250, 0), True, False),
        example("b", (100, 0), True, False),
        example("c", (120, 200), False, True),
        example("d", (150, 0), False, False),
        example("e", (10, 20), False, False),
    ]
    metrics = judge_classifier(Told(), RECIPE, unseen, CPU)
    # First class in order 250 a, 150 d, 120 c, 100 b: precision 1 at a, 2/4 at b. Second class: c alone at the top.
    assert metrics["mean_average_precision"] == pytest.approx(((1 + 2 / 4) / 2 + 1) / 2)
    assert metrics["recall"] == pytest.approx(2 / 3)
    assert (metrics["empty_held_out_images"], metrics["taken_for_something"]) == (2, 0.5)


def test_nothing_is_said_of_what_is_not_there():
    network = build_classifier(RECIPE, 2).eval()
    metrics = judge_classifier(network, RECIPE, [example("a", (9, 9), True, True)] * 3, CPU)
    assert metrics.keys() == {"empty_held_out_images", "recall"}
