"""What is said where people are to label elsewhere than before."""

import pytest

from maskloop.loop.options import Options
from maskloop.loop.people import say_left_folder


def with_labeler(labeler):
    return Options(data="demo", budget="1h", labeler=labeler)


@pytest.mark.parametrize("now", ["folder:other", "ground-truth", "web:0", "folder:other,annotators=ada"])
def test_a_folder_that_is_left_is_named_with_the_way_back(now):
    said = say_left_folder(with_labeler("folder:todo,annotators=ada"), with_labeler(now))
    assert f"--labeler {now} from now on" in said
    assert "handed in at todo is not looked at" in said
    assert "--resume --labeler folder:todo,annotators=ada takes it up again" in said


@pytest.mark.parametrize(
    ("before", "now"), [("folder:todo", "folder:./todo"), ("ground-truth", "folder:todo"), ("web:0", "ground-truth")]
)
def test_where_no_folder_is_left_nothing_is_said(before, now):
    assert say_left_folder(with_labeler(before), with_labeler(now)) == ""
