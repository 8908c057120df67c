"""Names that were meant."""

import pytest

from maskloop.spelling import did_you_mean


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("pretraind", "; did you mean 'pretrained'?"),
        ("Compact", "; did you mean 'compact'?"),
        ("recurent", "; did you mean 'recurrent'?"),
        ("unet", ""),
        ("", ""),
    ],
)
def test_a_name_that_is_like_one_there_is_is_told(written, told):
    assert did_you_mean(written, ("pretrained", "compact", "recurrent", "paper")) == told


def test_the_name_is_told_as_it_is_written_where_it_is_known():
    assert did_you_mean("imagenet1k_v1", ["IMAGENET1K_V1"]) == "; did you mean 'IMAGENET1K_V1'?"
