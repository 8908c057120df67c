"""Values as text, for files."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.convert.text import (
    draft_to_text,
    label_from_text,
    label_to_text,
    proposals_from_text,
    proposals_to_text,
)
from maskloop.errors import InvalidDataset
from tests.convert.test_round_trips import PAIRS

FORMS: dict[str, tuple[Callable, Callable, str]] = {
    "label": (label_to_text, label_from_text, "Label"),
    "proposals": (proposals_to_text, proposals_from_text, "ImageProposals"),
}


@pytest.mark.parametrize("name", FORMS)
@given(data=st.data())
def test_a_value_survives_a_file(name, data):
    to_text, from_text, _ = FORMS[name]
    value = data.draw(PAIRS[name][0])
    text = to_text(value)
    assert from_text(text) == value
    assert "\n" not in text


@given(data=st.data())
def test_a_draft_has_the_text_that_it_had_and_no_other_draft_has_it(data):
    drafts, to_message, from_message = PAIRS["draft"]
    one, other = data.draw(drafts), data.draw(drafts)
    assert draft_to_text(from_message(to_message(one))) == draft_to_text(one)
    assert one == other or draft_to_text(one) != draft_to_text(other)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("text", ["", "{", '{"objects": 1, "draft": 2}'])
def test_what_was_not_written_so_is_refused(name, text):
    _, from_text, message = FORMS[name]
    with pytest.raises(InvalidDataset, match=re.escape(f"it is no {message}: ")):
        from_text(text)
