"""What a comparison keeps of an arm that has ended."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from maskloop.compare.analysis.comparison import Trial
from maskloop.compare.trials.grid import Begun, Grid, TrialName
from maskloop.compare.trials.trials import Trials, trial_of
from maskloop.loop.arms import ArmResult
from maskloop.loop.options import Options
from maskloop.loop.outcomes import Arm, Bought, Measured, Purchase, Round
from maskloop.values import FullLabel, Label, ModelVersion

RANDOM = TrialName("random", 0)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = ModelVersion("m", "p", "compact", 0, 0, {}, NOW)


def trial(spent_s_by_kind):
    """Of one model, before which so much was spent: 400 s of it on a first batch of one image."""
    first = Purchase((Bought(None, ((None, Label("l", "p", "i", FullLabel(), "ada", 400.0, NOW)),)),))
    measured = Measured(1, MODEL, None, 5, sum(spent_s_by_kind.values()), spent_s_by_kind, 1.0, 1.0)
    return trial_of(ArmResult(Arm(first, (Round(measured),), "all is spent"), None), RANDOM)


@pytest.mark.parametrize(
    ("spent_s_by_kind", "initial_s"),
    [
        ({"full": 400.0}, 400.0),
        ({"full": 400.0, "counts": 60.1234}, 400.0),
        ({"full": 400.0, "boxes": 200.5, "points": 20.0}, 620.5),
        ({"full": 400.0, "image_level": 100.0, "counts": 60.0}, 500.0),
        ({"full": 400.0 + 240.0}, 640.0),  # test images that people labeled
    ],
)
def test_the_first_model_could_be_trained_when_all_it_learnt_from_was_labeled(spent_s_by_kind, initial_s):
    assert trial(spent_s_by_kind).initial_s == initial_s


def test_a_trial_that_was_kept_with_the_outlines_of_its_first_batch_alone_begins_with_its_first_model(tmp_path):
    begun = Begun("id", Grid(Options("1h", "demo"), ("random",), (0,)), "")
    ended = trial({"full": 400.0, "boxes": 200.0, "counts": 60.0})
    kept = tmp_path / "trials" / "seed-0" / "random.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(TypeAdapter(Trial).dump_json(replace(ended, initial_s=400.0)))
    assert ended.initial_s == 600.0
    assert Trials(tmp_path, begun, None, float).kept() == (ended,)
