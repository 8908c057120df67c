import pytest

from maskloop.pages.figures import INK, figure
from maskloop.pages.html import themed, typeset, unbroken


@pytest.mark.parametrize(
    ("text", "kept"),
    [("after 45 s", "after 45~s"), ("in 1 h 2 min or later", "in 1~h~2~min or later"), ("5 seeds", "5 seeds")],
)
def test_times_stay_on_one_line(text: str, kept: str) -> None:
    assert unbroken(text) == kept.replace("~", "\N{NO-BREAK SPACE}")


def test_what_a_person_types_is_code_and_nothing_is_markup() -> None:
    assert typeset("Use `--seeds 5-9`, <b>") == "Use <code>--seeds 5-9</code>, &lt;b&gt;"


def test_a_figure_takes_the_colours_of_its_page() -> None:
    drawn = figure("one", "One", "A line.", lambda axes: axes.plot([0, 1], [0, 1], color=INK, label="one"))
    assert INK in drawn.svg
    assert INK not in themed(drawn)
    assert "var(--ink)" in themed(drawn)
