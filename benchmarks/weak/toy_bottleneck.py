"""RIB's toy study: what the layers of a network keep of what they could do without.

    python -m benchmarks toy_bottleneck [SEEDS]

Lee et al., *Reducing information bottleneck for weakly supervised semantic segmentation*, NeurIPS 2021, with
scikit-learn's digits for MNIST. Five convolutions and a linear layer tell 2 from 8, enlarged to 24 x 24 on a ground of
36 x 36. A tenth of the images carry a symbol besides, a circle beside a 2 and a square beside an 8: it tells the class
as well, but too seldom to be needed. G_l is the gradient of the sum of layer l's features with respect to the image,
G_6 that of the true class's logit; of unseen images, all with a symbol.

HGR(R) is the share of the pixels of a region R at which a gradient map is above 0.3. How maps are scaled is not said;
here each is its absolute value divided by its largest. Regions: the digit, the symbol, and the ground. The paper finds
that the last step, from layer 5 to the logit, drops most of what is left of the symbol; each step's share is printed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor, nn

SIDE, DIGIT, SYMBOL = 36, 24, 11
CARRYING = 0.1
ABOVE = 0.3
UNSEEN = 0.3
EPOCHS, BATCH, RATE = 30, 32, 1e-3
WIDTHS = (16, 16, 32, 32, 32)
SHRINKING = (1, 3)  # layers of stride 2
REGIONS = ("digit", "symbol", "ground")


@dataclass(frozen=True)
class Drawn:
    """(N, 1, S, S) float images in [0, 1], (N,) classes, and (N, 3, S, S) bool regions; classes 0 and 1 are 2 and 8."""

    images: Tensor
    classes: Tensor
    regions: Tensor


class Layers(nn.Module):
    """Five convolutions, each rectified, their mean over the image, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (1, *WIDTHS[:-1])
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, stride=2 if layer in SHRINKING else 1)
            for layer, (before, after) in enumerate(zip(inputs, WIDTHS, strict=True))
        )
        self.last = nn.Linear(WIDTHS[-1], 2)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features of the five layers, and logits (N, 2)."""
        layers = [images]
        for convolution in self.convolutions:
            layers.append(convolution(layers[-1]).relu())
        return [*layers[1:], self.last(layers[-1].mean(dim=(2, 3)))]


def main() -> None:
    """Print a table, mean and deviation over the seeds, and what of it the paper found."""
    torch.set_num_threads(1)
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    found = [study(seed) for seed in seeds]
    ratios = np.stack([table for table, _ in found])
    accuracies = [accuracy for _, accuracy in found]
    print(f"{len(found)} networks, accuracy on unseen images {np.mean(accuracies):.3f}, HGR in %")
    print("| region | " + " | ".join(f"layer {layer}" for layer in range(1, 6)) + " | logit |")
    print("|---" * 7 + "|")
    for place, region in enumerate(REGIONS):
        cells = zip(100 * ratios[:, :, place].mean(axis=0), 100 * ratios[:, :, place].std(axis=0), strict=True)
        print(f"| {region} | " + " | ".join(f"{mean:.1f} ± {deviation:.1f}" for mean, deviation in cells) + " |")
    means = ratios.mean(axis=0)
    print(
        "\n| of which is lost at the step to | " + " | ".join(f"layer {layer}" for layer in range(2, 6)) + " | logit |"
    )
    print("|---" * 6 + "|")
    for region, lost in zip(REGIONS, (1 - means[1:] / means[:-1]).T, strict=True):
        print(f"| {region} | " + " | ".join(f"{100 * share:.0f} %" for share in lost) + " |")


def study(seed: int) -> tuple[NDArray[np.float64], float]:
    """HGR by layer and region, (6, 3), on unseen images with symbols; and accuracy on unseen images as in training."""
    digits = load_digits()
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(np.flatnonzero(np.isin(digits.target, (2, 8))))
    unseen = chosen[: int(UNSEEN * len(chosen))]
    learnt = chosen[len(unseen) :]
    training, judged, carrying = (
        draw(digits.images[rows], digits.target[rows] == 8, share, rng)
        for rows, share in ((learnt, CARRYING), (unseen, CARRYING), (unseen, 1.0))
    )
    network = trained(training, seed)
    with torch.no_grad():
        accuracy = (network(judged.images)[-1].argmax(dim=1) == judged.classes).float().mean().item()
    return high_gradient_ratios(network, carrying), accuracy


def draw(digits: NDArray[np.float64], eights: NDArray[np.bool_], share: float, rng: np.random.Generator) -> Drawn:
    """Digits (N, 8, 8) in [0, 16] on the ground, that share of them with a symbol in a corner that it does not fill."""
    large = F.interpolate(torch.from_numpy(digits / 16).float()[:, None], (DIGIT, DIGIT), mode="bilinear")
    images = torch.zeros(len(digits), 1, SIDE, SIDE)
    regions = torch.zeros(len(digits), len(REGIONS), SIDE, SIDE, dtype=torch.bool)
    carrying = rng.permutation(len(digits)) < round(share * len(digits))
    room = SIDE - DIGIT
    for row, (digit, eight) in enumerate(zip(large[:, 0], eights, strict=True)):
        left = bool(rng.random() < 0.5)  # the digit to one side, the symbol's strip to the other
        place = slice(room, SIDE) if left else slice(0, DIGIT)
        top = int(rng.integers(0, room + 1))
        images[row, 0, top : top + DIGIT, place] = digit
        if carrying[row]:
            y = int(rng.integers(0, SIDE - SYMBOL + 1))
            x = 0 if left else SIDE - SYMBOL
            shape = symbol(bool(eight))
            window = (row, slice(None), slice(y, y + SYMBOL), slice(x, x + SYMBOL))
            images[window] = torch.maximum(images[window], shape.float()[None])
            regions[row, 1, y : y + SYMBOL, x : x + SYMBOL] = shape
    regions[:, 0] = (images[:, 0] > 0.2) & ~regions[:, 1]
    regions[:, 2] = ~regions[:, :2].any(dim=1)
    return Drawn(images, torch.from_numpy(eights).long(), regions)


def symbol(square: bool) -> Tensor:
    """(11, 11) bool outline, two pixels wide."""
    away = np.abs(np.mgrid[:SYMBOL, :SYMBOL] - (SYMBOL - 1) / 2)
    radius = away.max(axis=0) if square else np.hypot(*away)
    return torch.from_numpy((radius <= (SYMBOL - 1) / 2) & (radius > (SYMBOL - 1) / 2 - 2))


def trained(training: Drawn, seed: int) -> Layers:
    """A network that learnt the classes."""
    torch.manual_seed(seed)
    network = Layers()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        order = torch.randperm(len(training.images))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            loss = F.cross_entropy(network(training.images[rows])[-1], training.classes[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    return network.eval()


def high_gradient_ratios(network: Layers, drawn: Drawn) -> NDArray[np.float64]:
    """HGR (6, 3) of the layers and the logit, by region, over all images."""
    images = drawn.images.clone().requires_grad_()
    layers = network(images)
    sums = [*(features.sum() for features in layers[:-1]), layers[-1].gather(1, drawn.classes[:, None]).sum()]
    rows = []
    for total in sums:
        (gradient,) = torch.autograd.grad(total, images, retain_graph=True)
        size = gradient.abs()
        high = size > ABOVE * size.amax(dim=(1, 2, 3), keepdim=True)
        rows.append(((high & drawn.regions).sum(dim=(0, 2, 3)) / drawn.regions.sum(dim=(0, 2, 3))).tolist())
    return np.array(rows)


if __name__ == "__main__":
    main()
