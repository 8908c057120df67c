"""Proposals for an image of which people have said where each object is, by boxes for instance."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

from maskloop.errors import UnsupportedPrompts
from maskloop.values import ImageProposals, ObjectProposal
from models.predictor import Predictor, PromptedImage

AT_ONCE = 100  # prompts that are answered in one pass


def as_shown(model: Predictor, seen: ImageProposals, image: PromptedImage) -> ImageProposals:
    """A mask for each object that is shown, in their order, and none beside them.

    The score is the mean predicted IoU of all that is shown. An object of which the network sees nothing counts as 0,
    and is missing.

    Args:
        seen: what the network found by itself; it stays where the network takes no prompts.
        image: with a prompt for every object that is there, of the network's vocabulary.
    """
    answers: list[ObjectProposal] = []
    for start in range(0, len(image.prompts), AT_ONCE):
        try:
            (some,) = model.propose([replace(image, prompts=image.prompts[start : start + AT_ONCE])])
        except UnsupportedPrompts:
            return seen
        answers += some
    drawn = tuple(each for each in answers if each.mask.area)
    score = fsum(each.predicted_iou for each in drawn) / len(answers)
    return ImageProposals(seen.image_id, seen.model_version, score, drawn, len(answers) - len(drawn))
