"""A change of what trainings come to raises the version of a part; else caches would hand out networks of old code."""

import pytest

from tests.models.training.frozen_trainings import TOLERANCE, TRAININGS, outcome, recorded

RAISE = "what this training comes to has changed: raise the VERSION of the part that changed, and record it anew by"
COMMAND = "python -m tests.models.training.frozen_trainings"


@pytest.mark.parametrize("name", TRAININGS)
def test_a_frozen_training_comes_to_what_it_did_at_these_versions(name):
    now, then = outcome(name), recorded()[name]
    assert now.versions == then.versions, f"versions were raised; record what trainings come to now by {COMMAND}"
    assert now.losses == pytest.approx(then.losses, abs=TOLERANCE), f"{RAISE} {COMMAND}"
