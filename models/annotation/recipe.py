"""Training recipes: named, frozen configurations of network, training and head.

`paper` is the network, the losses and the training of IoU-W-RSIS as published (Bellver et al., Mask-guided sample
selection for semi-supervised instance segmentation, sections 3.2 and 3.3; RSIS: Salvador et al., Recurrent neural
networks for semantic instance segmentation). Its encoder begins at random unless `weights=IMAGENET1K_V1` says so, which
the authors did: at its rate of 1e-6 it stays about where it began. Masks are enlarged between the middles of pixels,
and an object has one class; the authors' program enlarges corner on corner, and offers each mask under every class.
`recurrent` is its decoder, with centres as seeds, on an encoder that knows photographs: its weights are
packaged and trained further. `compact` is what trains well from scratch on a CPU in about half a minute
(docs/decisions/0004-compact-recipe.md says why each of its choices).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from maskloop.values import SupervisionKind
from models.encoders import names
from models.training.recipe_options import (
    Batch,
    Clip,
    Epochs,
    HalfAtMost,
    Iterations,
    IterationsOrNone,
    JsonOptions,
    LossWeight,
    Name,
    Range,
    Rate,
    Share,
    Side,
    Warmup,
    WeightDecay,
    Weights,
    Words,
    check_iterations,
    check_options,
    find_recipe,
)

SHAPES_NO_NETWORK = {"name", "weights", "objectness", "held_out", "checkpoint_every"}


@dataclass(frozen=True)
class Recipe(JsonOptions):
    """A network and its training. Everything a checkpoint needs to be built again.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "paper"
    # The network.
    encoder: Name = "resnet101"  # one of models/encoders/names.py, or `timm:` and timm's name
    weights: Weights = ""  # see models/encoders/backbones.py, `build_encoder`
    image_size: Side = 256  # side of the square the network sees, pixels
    # D: hidden channels D, D/2, D/4, D/8, D/16 from the coarsest level on
    hidden: Annotated[int, Range(16, 1_024, step=16)] = 128
    min_hidden: Annotated[int, Range(1, 1_024)] = 1  # no level has fewer hidden channels than this
    # objects decoded at most; of more, the largest are learnt from and the rest counted
    steps: Annotated[int, Range(1, 1_000)] = 20
    # count-conditioned; or "predicted": count-free, the network says what there is
    classes: Annotated[str, Words("fed", "predicted")] = "fed"
    # one-hot planes at every level, or a learned bias of every gate
    class_input: Annotated[str, Words("one_hot", "gate_bias")] = "one_hot"
    seeds: bool = False  # one centre for each object, see models/annotation/centers.py
    objectness: Share = 0.5  # where classes are predicted, steps below this are taken for none
    # The training of the segmentation.
    # or "warm": from the project's last network of this recipe, if there is one
    start: Annotated[str, Words("scratch", "warm")] = "scratch"
    warm_share: Annotated[float, Range(0.001, 1)] = 0.5  # of the iterations, where it starts warm
    epochs: Epochs = 150
    min_iterations: IterationsOrNone = 0  # few labels are gone through more often
    max_iterations: IterationsOrNone = 0  # many labels less often; 0 for no limit
    batch: Batch = 28
    optimizer: Annotated[str, Words("adam", "adamw")] = "adam"
    rate: Rate = 1e-3
    encoder_rate: Rate = 1e-6
    weight_decay: WeightDecay = 1e-6
    warmup: Warmup = 0  # iterations of linear warm-up
    cosine: bool = False  # whether rates fall to zero along a cosine
    clip: Clip = 0.0  # largest gradient norm; 0 for no clipping
    augment: Annotated[str, Words("none", "affine", "strong")] = "none"
    # objects of one image in one iteration; with seeds, drawn anew each time
    train_steps: Annotated[int, Range(1, 1_000)] = 20
    # images known to hold nothing that a batch gets on top, as a share of `batch`
    empty_share: Annotated[float, Range(0, 8)] = 0.25
    # images with pseudo-labels likewise; 0 mixes them with the labeled ones, as published
    pseudo_share: Annotated[float, Range(0, 8)] = 0.0
    # these four where classes are predicted without seeds, see models/annotation/losses.py
    class_weight: LossWeight = 0.1
    class_from: Share = 0.13  # share of the iterations after which the class is learnt (RSIS: epoch 20)
    stop_weight: LossWeight = 0.5
    stop_from: Share = 0.5  # and whether there is an object (RSIS: when validation stands still)
    semantic_weight: LossWeight = 0.0
    centre_weight: LossWeight = 0.0
    # The training of the IoU branch.
    iou_epochs: Epochs = 250
    iou_rate: Rate = 1e-3
    iou_target: Annotated[str, Words("sqrt", "square", "identity")] = "sqrt"
    iou_training: Annotated[str, Words("frozen", "joint")] = "frozen"
    # The product's head.
    held_out: HalfAtMost = (
        0.25  # share of the labels that the held-out fit leaves out, see models/annotation/fit.py; 0 for none
    )
    # Work.
    checkpoint_every: Iterations = 50  # iterations

    takes_pseudo_labels: ClassVar[bool] = True
    learns_from_rejections: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", names.full_name(self.encoder, names.ENCODERS))
        check_iterations(self)

    def iterations(self, examples: int, *, warm: bool = False) -> int:
        """Iterations of the segmentation's training on that many examples, from initial weights or a network's."""
        wanted = max(self.min_iterations, self.epochs * -(-examples // self.batch))
        cold = min(wanted, self.max_iterations) if self.max_iterations else wanted
        return math.ceil(self.warm_share * cold) if warm else cold

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there is no such encoder, or no such weights for it. A model that is read needs
        none: its file holds them."""
        names.check_encoder(self.encoder, self.weights or "random", names.ENCODERS)

    @property
    def learns_from(self) -> frozenset[SupervisionKind]:
        """Kinds of labels that teach it: it knows objects by their outlines alone."""
        return frozenset({SupervisionKind.FULL})

    @property
    def begins_with(self) -> frozenset[SupervisionKind]:
        """Kinds of labels of which one is enough for a training."""
        return self.learns_from

    @property
    def needs_counts(self) -> bool:
        """Whether the network is count-conditioned: fed the class of each counted object; else it is count-free."""
        return self.classes == "fed"

    @property
    def empty_images(self) -> int:
        """Images known to hold nothing in each batch, where there are any.

        None for a count-conditioned network without centres: it has nothing to learn from them.
        """
        return math.ceil(self.empty_share * self.batch) if self.seeds or not self.needs_counts else 0

    @property
    def pseudo_images(self) -> int:
        """Images with pseudo-labels on top of each batch, where there are any; 0 mixes them with labeled ones."""
        return math.ceil(self.pseudo_share * self.batch)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready; the weights it starts from do the rest."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


COMPACT = Recipe(
    name="compact",
    encoder="compact",
    image_size=64,
    hidden=32,
    min_hidden=8,
    class_input="gate_bias",
    seeds=True,
    epochs=40,
    min_iterations=200,
    max_iterations=400,
    batch=8,
    optimizer="adamw",
    rate=3e-3,
    encoder_rate=3e-3,
    weight_decay=1e-4,
    warmup=20,
    cosine=True,
    clip=5.0,
    augment="strong",
    train_steps=4,
    pseudo_share=0.5,
    objectness=0.2,
    semantic_weight=1.0,
    centre_weight=1.0,
    checkpoint_every=100,
)
RECIPES: Mapping[str, Recipe] = {
    "paper": Recipe(),
    "recurrent": replace(
        COMPACT,
        name="recurrent",
        encoder="timm:tf_efficientnet_lite0",
        weights="package",
        image_size=128,
        steps=100,
        classes="predicted",
        max_iterations=600,
        encoder_rate=3e-4,
    ),
    "compact": COMPACT,
}


def resolve(name: str, **overrides: Any) -> Recipe:
    """The recipe of that name with some values replaced.

    `iterations=N` is short for exactly N iterations, however many labels there are.

    Raises:
        InvalidConfig: an unknown recipe, option, or an impossible value.
    """
    recipe = find_recipe(RECIPES, name, overrides)
    recipe.check_encoder()
    return recipe
