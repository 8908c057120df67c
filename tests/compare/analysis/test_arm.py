import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.compare.analysis.arm import ASSISTS, Arm
from maskloop.errors import InvalidArgument
from maskloop.values import Strategy

STRATEGIES = st.sampled_from(
    ["random", "stratified_random", "mask_guided:target=0.5", "mask_guided:diverse=yes,scores=imported", "mix"]
)


@given(strategy=STRATEGIES, assist=st.sampled_from(["", *ASSISTS]))
def test_a_name_is_read_back(strategy: str, assist: str) -> None:
    arm = Arm(Strategy.parse(strategy), assist)
    assert Arm.parse(str(arm)) == arm
    assert hash(Arm.parse(str(arm))) == hash(arm)


@pytest.mark.parametrize("name", ["random", "entropy:per_second=yes", "random+boxes", "mask_guided:target=0.5+none"])
def test_names_are_spelled_as_they_were_read(name: str) -> None:
    assert str(Arm.parse(name)) == name


def test_the_control_is_random_images_and_says_so() -> None:
    arm = Arm.parse(" random * 2 ")
    assert (str(arm), arm.strategy, arm.is_control, arm.is_usable) == ("random*2", Strategy("random"), True, False)


def test_what_it_means_is_told_by_its_parts() -> None:
    arm = Arm.parse("mask_guided:scores=imported+boxes")
    assert (arm.assist, arm.is_oracle, arm.is_usable, str(arm.by_lot)) == ("boxes", True, False, "random+boxes")
    assert Arm.parse("random+boxes").is_usable


def test_a_shared_assistance_is_not_named() -> None:
    assert str(Arm.parse("random+none").under("none")) == "random"
    assert str(Arm.parse("random+none").under("boxes")) == "random+none"
    assert str(Arm.parse("random+boxes").under("none")) == "random+boxes"


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("random+magic", "'magic' is none of none, proposals, boxes, auto"),
        ("random+box", "did you mean 'boxes'"),
        ("random+", "names no assistance"),
        ("random+boxes+none", "'boxes\\+none' is none of"),
        ("random*3", "only control"),
        ("random*", "only control"),
        ("entropy*2", "only control"),
        ("random*2+boxes", "only control"),
        ("+boxes", "not NAME"),
    ],
)
def test_what_is_no_arm_is_refused_by_name(name: str, named: str) -> None:
    with pytest.raises(InvalidArgument, match=named):
        Arm.parse(name)
