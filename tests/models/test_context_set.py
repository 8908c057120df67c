"""The pictures of benchmarks/weak/context_set.py hold what they say, and a classifier does learn the ground."""

import numpy as np
import pytest
import torch

from benchmarks.weak.context_set import CATEGORIES, KINDS, ContextPicture, context_set
from models.classification.recipe import resolve_classifier
from models.classification.train import train_classifier
from models.data.samples import image_tensor, normalise, resize_image

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pictures():
    return context_set(3, training=40, nothing=10, ood=12, unseen=12)


def kinds_of(pictures: list[ContextPicture]) -> set[tuple[int, int]]:
    return {(picture.category, picture.ground) for picture in pictures}


def test_an_object_and_its_ground_are_always_together_in_training_and_apart_elsewhere(pictures):
    assert kinds_of(pictures.training) == {(1, 1), (2, 2), (0, 0)}
    assert kinds_of(pictures.ood) == {(0, 1), (0, 2)}
    found = {kind: kinds_of(pictures.unseen[kind]) for kind in KINDS}
    assert found["together"] == {(1, 1), (2, 2)}
    assert found["plain"] == {(1, 0), (2, 0)}
    assert found["swapped"] == {(1, 2), (2, 1)}
    assert found["alone"] == {(0, 1), (0, 2)}


def test_masks_are_of_what_is_there(pictures):
    every = [*pictures.training, *pictures.ood, *(one for kind in KINDS for one in pictures.unseen[kind])]
    assert len({picture.image_id for picture in every}) == len(every)
    for picture in every:
        assert picture.object_mask.any() == bool(picture.category)
        assert picture.ground_mask.any() == bool(picture.ground)
        assert not (picture.object_mask & picture.ground_mask).any()
        if picture.category:
            red, _, blue = picture.pixels[picture.object_mask].mean(axis=0)
            assert red - blue > 100
            assert picture.outlined().objects[0].mask.area == picture.object_mask.sum()
        assert picture.example().present == frozenset({picture.category} - {0})
    areas = [[one.object_mask.sum() for one in pictures.unseen["plain"] if one.category == c] for c in CATEGORIES]
    assert np.mean(areas[0]) == pytest.approx(np.mean(areas[1]), rel=0.4)


def test_the_seed_draws_the_pictures(pictures):
    again, other = (context_set(seed, training=40, nothing=10, ood=12, unseen=12) for seed in (3, 4))
    for mine, same, another in zip(pictures.training, again.training, other.training, strict=True):
        assert np.array_equal(mine.pixels, same.pixels)
        assert not np.array_equal(mine.pixels, another.pixels)


def test_a_classifier_learns_the_ground_for_the_object(pictures):
    recipe = resolve_classifier("compact", image_size=32, iterations=40, batch=8, held_out=0.0)
    examples = [picture.example() for picture in pictures.training]
    classifier = train_classifier(
        examples, CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None
    )

    def shares(kind, wanted) -> float:
        """Of the kind's pictures, those whose likeliest category is the wanted one."""
        seen = [resize_image(picture.pixels, 32) for picture in pictures.unseen[kind]]
        with torch.no_grad():
            likeliest = classifier.network(normalise(image_tensor(seen, CPU))).argmax(dim=1) + 1
        return np.mean(
            [int(one) == wanted(picture) for one, picture in zip(likeliest, pictures.unseen[kind], strict=True)]
        )

    assert shares("together", lambda picture: picture.category) > 0.9
    assert shares("swapped", lambda picture: picture.ground) > 0.9
    assert shares("alone", lambda picture: picture.ground) > 0.9
