"""Commands made from what is declared beside the fields of a class."""

from dataclasses import fields

import pytest

from maskloop.cli.compare import CompareOptions
from maskloop.cli.options import options_in
from maskloop.errors import InvalidArgument
from maskloop.loop.options import Options
from maskloop.loop.options.declaration import NOT_NEGATIVE, Range, check_ranges, flag_of
from maskloop.loop.options.panels import PANELS


@pytest.mark.parametrize("options_class", [Options, CompareOptions])
def test_every_option_has_a_sentence_of_help_and_a_panel(options_class):
    declared = {name: option.declared for name, option in options_in(options_class).items()}
    assert declared.keys() == {each.name for each in fields(options_class)}
    assert all(one.help.endswith((".", "unnamed.", ",...")) for one in declared.values())
    assert {one.panel for one in declared.values()} <= set(PANELS)


def test_help_of_a_run_has_every_option_under_its_panel(al_loop):
    code, out, _ = al_loop("--help")
    assert code == 0
    sections = {part.splitlines()[0].rstrip(":"): part for part in out.split("\n\n")}
    for name, option in options_in(Options).items():
        assert f"  {flag_of(name)} " in sections[option.declared.panel]
    assert "bool" not in out


def test_a_comparison_shares_the_options_that_say_so(al_loop):
    code, out, _ = al_loop("compare", "--help")
    assert code == 0
    for name, option in options_in(Options).items():
        own = name in options_in(CompareOptions)
        assert (f"  {flag_of(name)} " in out) == (own or option.declared.is_compared), name


@pytest.mark.parametrize("program", ["al_loop", "maskloop"])
def test_programs_say_their_version(program, request):
    code, out, _ = request.getfixturevalue(program)("--version")
    assert (code, out) == (0, f"{program.replace('_', '-')} 0.1.0\n")


def test_a_number_outside_its_range_is_refused_by_the_name_of_its_option():
    assert 0 in Range(0, 1)
    assert 0 not in Range(0, 1, is_open=True)
    with pytest.raises(InvalidArgument, match=r"--ood-share 1\.5 is outside \(0, 1\]"):
        Range(0, 1, is_open=True).check("ood_share", 1.5)
    with pytest.raises(InvalidArgument, match="--counts-share nan is outside"):
        Range(0, 1).check("counts_share", float("nan"))
    with pytest.raises(InvalidArgument, match="--image-size -64 is negative"):
        NOT_NEGATIVE.check("image_size", -64)
    with pytest.raises(InvalidArgument, match="--jobs -1 is negative"):
        check_ranges(CompareOptions(("1h",), jobs=-1))


def test_a_misspelt_command_is_told_what_was_meant(maskloop):
    code, _, complaint = maskloop("predct")
    assert code == 2
    assert "Did you mean 'predict'?" in complaint
