"""Prompts are checked when they are made, and against their image."""

import math

import pytest

from maskloop.errors import InvalidPrompt
from maskloop.values import Category, Image, Prompt, PromptPoint, Split, check_prompts

VOCABULARY = (Category(1, "crack"), Category(4, "rust"))
IMAGE = Image("i", "p", "i.png", "", 8, 6, "ab", Split.POOL)
BOX = Prompt(box=(1, 1, 4, 3))


@pytest.mark.parametrize("box", [(0, 0, 0, 2), (0, 0, 2, -1), (-1, 0, 2, 2), (0, math.nan, 2, 2), (0, 0, math.inf, 2)])
def test_a_box_that_cannot_be_is_refused(box):
    with pytest.raises(InvalidPrompt, match="is no box of an image"):
        Prompt(box=box)


@pytest.mark.parametrize(("x", "y"), [(-0.5, 1), (1, math.nan), (math.inf, 1)])
def test_a_point_that_cannot_be_is_refused(x, y):
    with pytest.raises(InvalidPrompt, match="is no point of an image"):
        PromptPoint(x, y)


@pytest.mark.parametrize("points", [(), (PromptPoint(1, 1, on_object=False),)])
def test_a_prompt_that_shows_no_object_is_refused(points):
    with pytest.raises(InvalidPrompt, match="it shows no object"):
        Prompt(points=points)


def test_a_category_below_zero_and_too_many_points_are_refused():
    with pytest.raises(InvalidPrompt, match="category -1"):
        Prompt(-1, (0, 0, 1, 1))
    with pytest.raises(InvalidPrompt, match="101 points; 100 are the most"):
        Prompt(points=(PromptPoint(1, 1),) * 101)


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        (Prompt(2, (1, 1, 4, 3)), "prompt 1: project p has no category 2"),
        (Prompt(box=(5, 1, 4, 3)), "prompt 1: a box of 4 x 3 pixels at (5, 1) is not inside the image of 8 x 6"),
        (Prompt(box=(1, 4, 1, 2.5)), "prompt 1: a box of 1 x 2.5 pixels at (1, 4) is not inside"),
        (Prompt(points=(PromptPoint(1, 1), PromptPoint(3, 6.5))), r"prompt 1: point (3, 6.5) is not inside"),
        (
            Prompt(points=(PromptPoint(2.2, 3.9), PromptPoint(2.9, 3.1, on_object=False))),
            "prompt 1: the pixel in column 2 of row 3 is said to be on the object and beside it",
        ),
    ],
)
def test_what_does_not_fit_the_image_is_refused_by_its_place(prompt, why):
    with pytest.raises(InvalidPrompt) as raised:
        check_prompts([BOX, prompt], VOCABULARY, IMAGE)
    assert raised.value.message.startswith(why)
    assert raised.value.field.startswith("prompts")


@pytest.mark.parametrize("number", [0, 101])
def test_none_and_too_many_are_refused(number):
    with pytest.raises(InvalidPrompt, match=f"{number} prompts; 1 to 100"):
        check_prompts([BOX] * number, VOCABULARY, IMAGE)


def test_edges_of_the_image_and_its_categories_are_taken():
    whole = Prompt(4, (0, 0, 8, 6), (PromptPoint(8, 6), PromptPoint(0, 0, on_object=False)))
    check_prompts([whole] * 100, VOCABULARY, IMAGE)
    assert whole.on_object[0].pixel(6, 8) == (5, 7)
    assert whole.beside[0].pixel(6, 8) == (0, 0)
