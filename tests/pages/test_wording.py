import pytest

from maskloop.pages.wording import say_arm, say_count, say_number, say_step, say_strategy, say_time


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (44.6, "45 s"),
        (59.7, "1 min"),
        (158, "2 min 38 s"),
        (600, "10 min"),
        (2280, "38 min"),
        (10920, "3 h 2 min"),
        (7199, "2 h"),
        (90000, "25 h"),
    ],
)
def test_time_is_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert say_time(seconds) == said


def test_what_is_unknown_is_a_dash() -> None:
    assert say_number(None) == "–"
    assert say_number(0.456, 1) == "0.5"


def test_counts_and_names_read_as_english() -> None:
    assert say_count(1, "image") == "1 image"
    assert say_count(2400, "image") == "2,400 images"
    assert say_strategy("mask_guided") == "mask-guided selection"
    assert say_strategy("per_second:of=core_set,quota=0.5") == "per-second selection (of core set, quota 0.5)"
    assert say_arm("mask_guided:target=0.5") == "mask-guided (target 0.5)"


@pytest.mark.parametrize(
    ("seconds", "words"), [(1.48, "1.48 s"), (79.0, "79 s"), (316.4, "316 s"), (0.0, "0 s"), (3600.0, "1 h")]
)
def test_a_step_s_seconds_have_three_digits(seconds, words):
    assert say_step(seconds) == words
