"""What people have said of where objects are decides what is proposed."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectProposal, Prompt, PromptPoint
from models.annotation.model import FittedModel
from models.predictor import PromptedImage
from models.proposals.shown_objects import as_shown
from tests.models.test_predictor_contract import PREDICTORS, image

SIZE = (44, 40)
SEEN = ImageProposals("a", "", 0.9, (ObjectProposal(3, Mask.from_array(np.ones(SIZE, bool)), 0.9, 0.9),))
PROMPTS = (
    Prompt(7, (3, 4, 20, 15)),
    Prompt(3, points=(PromptPoint(12.5, 9),)),
    Prompt(7, points=(PromptPoint(39.5, 43.5), PromptPoint(38.5, 43.5, on_object=False))),
)


@pytest.mark.parametrize("name", PREDICTORS)
def test_each_shown_object_is_proposed_as_its_prompt_alone_would_be_and_what_is_not_seen_is_missing(name: str) -> None:
    model = PREDICTORS[name]()
    found = as_shown(model, SEEN, PromptedImage(image("a", *SIZE, None), SIZE, PROMPTS))
    if isinstance(model, FittedModel):  # which takes no prompts
        assert found is SEEN
        return
    alone = [model.propose([PromptedImage(image("a", *SIZE, None), SIZE, (each,))])[0][0] for each in PROMPTS]
    ious = [each.predicted_iou if each.mask.area else 0.0 for each in alone]
    assert found.objects == tuple(each for each in alone if each.mask.area)
    assert found.not_decoded == sum(not each.mask.area for each in alone)
    assert found.score == pytest.approx(sum(ious) / 3)
