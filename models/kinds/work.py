"""What a training takes, told before it begins: iterations, pixels, and memory at its peak. Without torch.

Memory is counted by what is known without building a network: what the encoder keeps of each pixel for the way back
(`models.encoders.sizes`), what the recipe's own layers keep on top, weights with their gradients and an optimiser's two
moments, and the pictures that are held. It is meant to be too much rather than too little. How near it comes is
measured by tests/models/kinds/test_work.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.annotation.recipe import Recipe
from models.bbam.recipe import STUDENT_SHARE, BbamRecipe
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.recipe import ClassifierRecipe
from models.encoders.sizes import EncoderSize, encoder_size
from models.features.recipe import PretrainedRecipe
from models.kinds.recipes import AnyRecipe
from models.oeem.recipe import BATCH as PATCHES
from models.oeem.recipe import OeemRecipe
from models.unet_maps.recipe import UnetMapsRecipe

MIB = 1 << 20
FLOAT = 4  # bytes
OF_WEIGHT = 16  # bytes of a parameter, its gradient, and the optimiser's two moments of it
PROCESS = 1024 * MIB  # of libraries, and what allocators keep
LARGE = 1 << 22  # pixels, from which on an image is not held in memory
AT_ONCE = 16  # pictures that a frozen encoder reads at once
OBJECTS = 8  # of one image, in what is held of it
TEMPORARY = 3  # results as wide as the widest that live at one moment
LARGER_THAN_ANY = EncoderSize(1 << 31, 20_000.0, 600.0, finer=True)


@dataclass(frozen=True)
class TrainingData:
    """What a training learns from, counted.

    Args:
        images: of which labels or pseudo-labels say anything.
        objects: that they show.
        pixels: of all these images together, each of at most `LARGE`.
    """

    images: int
    objects: int
    pixels: int


@dataclass(frozen=True)
class Work:
    """What a training takes at most.

    Args:
        iterations: of all its trainings together.
        pixels: that encoders see in these iterations.
        memory: bytes at the peak, of the device and the process together.
    """

    iterations: int
    pixels: int
    memory: int


def work_of(recipe: AnyRecipe | ClassifierRecipe, data: TrainingData) -> Work:
    """What a training of this recipe takes on such data."""
    count: Callable[[Any, TrainingData], Work] = _COUNTS[type(recipe)]
    return count(recipe, data)


def _recurrent(recipe: Recipe, data: TrainingData) -> Work:
    size, seen = _size(recipe.encoder), recipe.image_size**2
    at_once = recipe.batch + recipe.empty_images + recipe.pseudo_images
    iterations = recipe.iterations(data.images) * (2 if recipe.held_out else 1)
    channels = [max(recipe.min_hidden, recipe.hidden >> level) for level in range(5)]  # at 1/32, 1/16, ... 1/2
    cells = [seen / 4 ** (5 - level) for level in range(5)]
    steps = min(recipe.steps, recipe.train_steps)
    per_step = sum(18 * width * cell for width, cell in zip(channels, cells, strict=True)) + 8 * seen
    activations = at_once * (seen * (size.kept + TEMPORARY * size.widest) + steps * per_step)
    own = sum(9 * 4 * width * (3 * width + 8) + 9 * width * 2048 for width in channels)
    held = data.images * seen * (3 + min(recipe.steps, OBJECTS))
    memory = _memory(data, activations, size.parameters + own) + held
    return _work(iterations, at_once * seen, memory)


def _on_features(recipe: PretrainedRecipe, data: TrainingData) -> Work:
    pyramid = _pyramid(recipe, data)
    if recipe.masks == "regions":
        return pyramid
    dense = _pyramid(recipe if recipe.masks == "dense" else recipe.as_dense(), data)
    if recipe.masks == "dense":
        return dense
    return Work(
        max(pyramid.iterations, dense.iterations),
        max(pyramid.pixels, dense.pixels),
        max(pyramid.memory, dense.memory),
    )


def _pyramid(recipe: PretrainedRecipe, data: TrainingData) -> Work:
    size, seen = _size(recipe.encoder), recipe.image_size**2
    at_once = recipe.batch + recipe.empty_images + recipe.pseudo_images + recipe.weak_images
    iterations = recipe.iterations(data.images)
    own = seen / 16 * 4 / 3 * 12 * (recipe.width + recipe.tower) + seen * 12
    own += recipe.objects * (2 * recipe.region) ** 2 * 12 * recipe.width
    activations = at_once * own
    parameters = 9 * 20 * (recipe.width + recipe.tower) ** 2 + 4096 * recipe.width
    if recipe.encoder_rate:
        activations += at_once * seen * (size.kept + TEMPORARY * size.widest)
        parameters += size.parameters
        view = 3.0 * seen
    else:
        activations = max(activations, AT_ONCE * seen * TEMPORARY * size.widest)
        view = seen * size.widest * FLOAT / 2  # taps are kept as half floats
    held = data.images * recipe.views * (view + OBJECTS * seen)
    memory = _memory(data, activations, parameters) + int(held) + size.parameters * FLOAT
    return _work(iterations, at_once * seen, memory)


def _of_classes(recipe: ClassMapsRecipe, data: TrainingData) -> Work:
    first = _classifier(recipe.of_classifier(), data)
    seen, size = recipe.map_side**2, _size(recipe.of_classifier().encoder)
    mapping = _memory(data, 2 * seen * (size.kept + TEMPORARY * size.widest), size.parameters)
    refining = 3 * (recipe.refine_iterations or 1_000) if recipe.refine != "none" else 0
    return Work(
        first.iterations + refining, first.pixels + refining * 8 * 224**2, max(first.memory, mapping) + 512 * MIB
    )


def _classifier(recipe: ClassifierRecipe, data: TrainingData) -> Work:
    size, seen = _size(recipe.encoder), recipe.image_size**2
    at_once = 2 * recipe.batch  # as many that hold nothing
    iterations = recipe.iterations(data.images) * (2 if recipe.held_out else 1)
    activations = at_once * seen * (size.kept + TEMPORARY * size.widest)
    side = seen if recipe.view == "square" else recipe.longest**2
    memory = _memory(data, activations, size.parameters) + data.images * side * 3
    return _work(iterations, at_once * seen, memory)


def _of_patches(recipe: OeemRecipe, data: TrainingData) -> Work:
    size, seen = _size(recipe.encoder), recipe.input_side**2
    # a patch or a tile that an image is cut into has half of the side that is seen, or more
    cut = data.images + 16 * data.pixels // seen
    iterations = 2 * recipe.iterations(cut)
    scale = 4 if recipe.encoder.startswith("timm:") else 1  # the last stages are as fine as 1/16
    own = seen / 64 * recipe.width * 12
    activations = PATCHES * (seen * (size.kept * (1 + scale / 8) + TEMPORARY * size.widest) + own)
    memory = _memory(data, activations, size.parameters + 9 * 1024 * recipe.width) + cut * seen * 4
    return _work(iterations, PATCHES * seen, memory)


def _of_boxes(recipe: BbamRecipe, data: TrainingData) -> Work:
    size, seen = _size(recipe.encoder), recipe.longest**2
    iterations = recipe.iterations(data.images)
    own = seen / 16 * 4 / 3 * recipe.width * 10 + 64 * (49 * recipe.width + 4 * recipe.head) * 8
    masks = 64 * 28**2 * recipe.width * 10
    activations = recipe.batch * (seen * (size.kept + TEMPORARY * size.widest) + own + masks)
    parameters = size.parameters + 49 * recipe.width * recipe.head + recipe.head**2 + 9 * 16 * recipe.width**2
    memory = _memory(data, activations, 2 * parameters)  # the student's beside the detector's
    both = iterations + (round(STUDENT_SHARE * iterations) if recipe.student else 0)
    explained = min(recipe.explained or data.images, data.images)
    looks = recipe.steps * max(data.objects, explained)
    return Work(both, (both * recipe.batch + looks) * seen, memory)


def _of_clicks(recipe: UnetMapsRecipe, data: TrainingData) -> Work:
    network = recipe.of_network()
    size, seen = _size(network.encoder), network.crop**2
    iterations = network.iterations(max(1, data.objects))
    own = seen * (8 * network.fine + 3 * network.wide)
    activations = network.batch * (seen * (size.kept + TEMPORARY * size.widest) + own)
    looking = recipe.tile**2 * (size.kept + TEMPORARY * size.widest + 8 * network.fine + 3 * network.wide)
    memory = _memory(data, max(activations, 2 * looking), size.parameters + 9 * 1024 * network.wide)
    return _work(iterations, network.batch * seen, memory)


_COUNTS: dict[type, Callable[[Any, TrainingData], Work]] = {
    Recipe: _recurrent,
    PretrainedRecipe: _on_features,
    ClassMapsRecipe: _of_classes,
    ClassifierRecipe: _classifier,
    OeemRecipe: _of_patches,
    BbamRecipe: _of_boxes,
    UnetMapsRecipe: _of_clicks,
}


def _size(encoder: str) -> EncoderSize:
    return encoder_size(encoder) or LARGER_THAN_ANY


def _memory(data: TrainingData, values: float, parameters: int) -> int:
    """Bytes of these values kept, these parameters learnt, and the pictures held."""
    return int(PROCESS + FLOAT * values + OF_WEIGHT * parameters + 3 * data.pixels)


def _work(iterations: int, pixels: int, memory: int) -> Work:
    return Work(iterations, iterations * pixels, int(memory))
