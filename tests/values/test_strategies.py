"""A strategy's name and options, read, spelt and checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import STRATEGY_KINDS, Need, Strategy
from maskloop.values.strategy_kinds import COLD_ENCODERS, Option
from models.encoders import names

WORDS = st.text("abcdefgh_.0123456789", min_size=1, max_size=8)


@given(st.sampled_from(sorted(STRATEGY_KINDS)), st.dictionaries(WORDS, WORDS, max_size=4))
def test_a_strategy_is_read_as_it_is_spelt(name, options):
    strategy = Strategy(name, options)
    assert Strategy.parse(str(strategy)) == strategy


def test_the_spelling_does_not_depend_on_the_order_of_the_options():
    one, other = (
        Strategy.parse(f"mask_guided:{text}") for text in ("target=0.4,diverse=yes", "diverse=yes,target=0.4")
    )
    assert str(one) == str(other) == "mask_guided:diverse=yes,target=0.4"
    assert hash(one) == hash(other)


@pytest.mark.parametrize("text", ["", "Random", "random:", "mask_guided:target", "mask_guided:=1", "a:b=1,b=2", "x y"])
def test_what_is_no_strategy_is_refused_with_what_it_should_be(text):
    if text == "random:":
        assert Strategy.parse(text) == Strategy("random")
        return
    with pytest.raises(InvalidArgument, match="strategy"):
        Strategy.parse(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("hunch", "no strategy 'hunch'; there are cold_start, core_set, "),
        ("mask_guided:target=1.01", "option target of strategy mask_guided is '1.01'"),
        ("mask_guided:target=-0.1", "'-0.1'"),
        ("mask_guided:target=nan", "'nan'"),
        ("mask_guided:beta=0.4", "options: diverse, per_second, random, scores, softrank, target"),
        ("random:per_second=yes", "its options: none"),
        ("dropout:prefer=middle", "highest, lowest, nearest"),
        ("mix:first=hunch", "option first of strategy mix is 'hunch', none of mask_guided, "),
        ("mix:first=mix", "option first of strategy mix is 'mix', none of mask_guided, "),
        ("mix:second=cold_start", "option second of strategy mix is 'cold_start', none of mask_guided, "),
        ("cold_start:encoder=resnet99", "'resnet99', none of compact, .*; did you mean 'resnet"),
        ("cold_start:encoder=compact,weights=IMAGENET1K_V1", "those of compact may be random$"),
        ("cold_start:encoder=resnet18,weights=IMAGENET1K_V2", "those of resnet18 may be random, IMAGENET1K_V1$"),
        ("cold_start:weights=/etc/passwd", "option weights of strategy cold_start is '/etc/passwd', none of "),
        ("mix:first.target=2", "target of strategy mask_guided"),
    ],
)
def test_a_strategy_that_cannot_be_is_refused_by_name(text, named):
    with pytest.raises(InvalidArgument, match=named):
        Strategy.parse(text).check()


@pytest.mark.parametrize("name", sorted(STRATEGY_KINDS))
def test_every_strategy_is_one_with_its_defaults(name):
    Strategy(name).check()
    defaults = {key: option.default for key, option in STRATEGY_KINDS[name].options.items()}
    spelt_out = Strategy(name, defaults)
    spelt_out.check()
    assert (spelt_out.needs, spelt_out.is_prepared) == (Strategy(name).needs, Strategy(name).is_prepared)


def test_no_option_of_a_strategy_takes_any_text():
    with pytest.raises(TypeError, match="says what it may be"):
        Option("", "anything")
    for name, kind in STRATEGY_KINDS.items():
        for key in kind.options:
            with pytest.raises(InvalidArgument, match=f"option {key} of strategy {name} is '/any/text'"):
                Strategy(name, {key: "/any/text"}).check()


def test_cold_starts_look_through_encoders_that_there_are_with_weights_that_they_have():
    for encoder, weights in COLD_ENCODERS.items():
        assert weights == names.TORCHVISION_WEIGHTS[encoder]
    assert tuple(COLD_ENCODERS) == names.ENCODERS


def test_options_and_parts_add_needs():
    assert Strategy("random").needs == frozenset()
    assert Strategy("mask_guided").needs == {Need.SCORES}
    assert Strategy.parse("mask_guided:per_second=yes").needs == {Need.SCORES, Need.COSTS}
    assert Strategy.parse("mix:first=entropy,second=stratified_random").needs == {Need.SCORES, Need.COUNTS}
    assert Strategy.parse("mix:first.diverse=yes").is_prepared
    assert not Strategy.parse("mix:first.per_second=yes").is_prepared


def test_a_target_is_a_number_or_found_by_itself():
    assert Strategy("mask_guided").target_iou is None
    assert Strategy.parse("mask_guided:target=0.4").target_iou == 0.4
    assert Strategy("random").target_iou is None
