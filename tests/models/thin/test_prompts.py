"""What prompts show on a dense map, by hand and on cracks that a network has learnt."""

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.values import Prompt, PromptPoint
from models.data.samples import ImageToScore
from models.data.windows import Window
from models.features.prompted import PromptPart
from models.features.recipe import PretrainedRecipe
from models.predictor import PromptedImage
from models.thin.instances import InstanceRule
from models.thin.model import FittedDense
from models.thin.prompts import OnMap
from tests.models.fits import fitted
from tests.models.thin.cracks import SIDE, crack_picture

RULE = InstanceRule(0.5, 0, 3)
MAP = np.array(
    [[float(f"0.{sign}") for sign in line] for line in ("00000009", "99900009", "00000009", "00666000", "00000000")],
    dtype=np.float32,
)
ROWS, COLUMNS = MAP.shape


def on_map(prompt: Prompt, edges: tuple[float, float, float, float]) -> OnMap:
    """In an image of two pixels a cell."""
    part = PromptPart(0, 0, 0, Window(0, 0, 2 * ROWS, 2 * COLUMNS), edges)
    return OnMap.of(part, prompt, (ROWS, COLUMNS))


def found(prompt: Prompt, edges: tuple[float, float, float, float]) -> str:
    part = on_map(prompt, edges).part(MAP, RULE)
    solid = np.zeros(MAP.shape, dtype=np.bool_) if part is None else part.on(MAP.shape)
    return " ".join("".join(".#"[int(cell)] for cell in row) for row in solid)


def boxed(x: float, y: float, width: float, height: float, *points: PromptPoint) -> str:
    return found(Prompt(box=(x, y, width, height), points=points), (x, y, x + width, y + height))


def pointed(*points: PromptPoint) -> str:
    return found(Prompt(points=points), (0, 0, 2 * COLUMNS, 2 * ROWS))


def test_a_box_gives_what_the_map_says_inside_it():
    assert boxed(2, 2, 8, 6) == "........ .##..... ........ ..###... ........"
    assert boxed(0, 0, 16, 10) == ".......# ###....# .......# ..###... ........"
    assert boxed(0, 4, 2, 2) == "........ ........ ........ ........ ........"


def test_a_point_beside_the_object_takes_its_part_out_of_a_box():
    beside = PromptPoint(15, 3, on_object=False)
    assert boxed(0, 0, 16, 10, beside) == "........ ###..... ........ ..###... ........"


def test_a_point_gives_the_whole_part_that_is_nearest():
    assert pointed(PromptPoint(1, 3)) == "........ ###..... ........ ........ ........"
    assert pointed(PromptPoint(5, 9)) == "........ ........ ........ ..###... ........"
    assert pointed(PromptPoint(1, 3), PromptPoint(15, 1)) == ".......# ###....# .......# ........ ........"


def test_a_click_far_from_any_part_gives_nothing():
    bare = np.zeros((30, 30), dtype=np.float32)
    bare[0, :5] = 0.9
    shown = OnMap.of(
        PromptPart(0, 0, 0, Window(0, 0, 30, 30), (9, 9, 9, 9)), Prompt(points=(PromptPoint(9, 9),)), (30, 30)
    )
    assert shown.part(bare, RULE) is None


def test_the_likeliest_class_is_the_one_that_says_most_of_what_is_shown():
    maps = np.stack([MAP, 1 - MAP])
    assert on_map(Prompt(box=(14, 0, 2, 6)), (14, 0, 16, 6)).likeliest(maps) == 0
    assert on_map(Prompt(box=(6, 0, 4, 4)), (6, 0, 10, 4)).likeliest(maps) == 1
    assert on_map(Prompt(points=(PromptPoint(1, 3),)), (1, 3, 1, 3)).likeliest(maps) == 0


@pytest.fixture(scope="module")
def learnt() -> FittedDense:
    recipe = PretrainedRecipe(image_size=96, views=3, min_iterations=32, max_iterations=32)
    return fitted([crack_picture(seed, cracks=1 + seed % 2) for seed in range(6)], recipe, categories=(1,))


@pytest.mark.slow
def test_a_crack_is_outlined_within_the_box_and_whole_at_a_point(learnt):
    for seed in (7, 9, 11):
        example = crack_picture(seed, cracks=2)
        first, second = example.objects
        half = Prompt(box=(0, first.mask.box[1], SIDE / 2, first.mask.box[3]))
        rows, columns = second.mask.to_array().nonzero()
        click = PromptPoint(float(columns[len(rows) // 2]) + 0.5, float(rows[len(rows) // 2]) + 0.5)
        item = ImageToScore.of(example, counted=False)
        ((drawn, at_point),) = learnt.propose([PromptedImage(item, example.size, (half, Prompt(points=(click,))))])
        truth = first.mask.to_array()
        truth[:, SIDE // 2 :] = False
        assert drawn.mask.iou(Mask.from_array(truth)) >= 0.4
        assert not drawn.mask.to_array()[:, SIDE // 2 :].any()
        assert at_point.mask.iou(second.mask) >= 0.4
        assert at_point.mask.iou(second.mask) > at_point.mask.iou(first.mask)
