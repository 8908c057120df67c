"""Prompts answered: by the models that were asked last, which stay loaded. Runs in a process of its own."""

from __future__ import annotations

import logging
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch

from maskloop.errors import InternalError, MaskloopError
from models.encoders.feature_store import FeatureStore
from models.kinds.load import AnyModel, load_model
from models.predictor import PromptedImage
from service.device.images import ImageReader
from service.device.jobs import limits_made_ours
from service.device.memory import told_what_to_lower
from service.device.messages import AskMasks, Outlined
from service.device.prompts.foreign_prompts import ForeignPrompts

MODELS = 3  # that stay loaded
logger = logging.getLogger(__name__)

Answer = Outlined | MaskloopError


class Prompts:
    """Answers calls.

    Args:
        images: reads image files.
        features: what frozen encoders made of images before; what they make now is kept there.
        device: to compute on.
        foreign: a network that is not ours; `None` for none.
    """

    def __init__(
        self, images: ImageReader, features: FeatureStore, device: torch.device, foreign: ForeignPrompts | None = None
    ) -> None:
        self._images, self._features, self._device, self._foreign = images, features, device, foreign
        self._models: OrderedDict[Path, AnyModel] = OrderedDict()

    def answer(self, calls: Sequence[AskMasks]) -> tuple[Answer, ...]:
        """Proposals of each call, or why there are none; in one pass of the model that all of them name.

        Where the pass fails, each call is answered alone: one whose image is gone does not spoil the others.
        """
        try:
            with limits_made_ours(), told_what_to_lower():
                return self._outlined(calls)
        except Exception as error:
            if len(calls) > 1:
                return tuple(answer for call in calls for answer in self.answer([call]))
            if isinstance(error, MaskloopError):
                return (error,)
            incident = uuid.uuid4().hex
            logger.exception("incident %s at the prompts of image %s", incident, calls[0].image.image_id)
            return (InternalError(f"a fault of the server's; incident {incident}", incident=incident),)

    def _outlined(self, calls: Sequence[AskMasks]) -> tuple[Outlined, ...]:
        """Answers of one pass; other people's networks answer each call for its project."""
        checkpoint = calls[0].checkpoint
        if checkpoint is None:
            return tuple(self._by_foreign(call) for call in calls)
        model = self._model(checkpoint)
        found = model.propose([self._prompted(call) for call in calls])
        return tuple(Outlined(proposals, not model.calibrator.is_fitted) for proposals in found)

    def _by_foreign(self, call: AskMasks) -> Outlined:
        assert self._foreign is not None
        assert call.labeled is not None
        network = self._foreign.network(call.labeled)
        (proposals,) = network.propose([self._prompted(call)])
        return Outlined(proposals, network.uncalibrated)

    def _model(self, checkpoint: Path) -> AnyModel:
        model = self._models.pop(checkpoint, None) or load_model(checkpoint, self._device, self._features)
        self._models[checkpoint] = model
        while len(self._models) > MODELS:
            self._models.popitem(last=False)
        return model

    def _prompted(self, call: AskMasks) -> PromptedImage:
        return PromptedImage(self._images.to_score(call.image), call.size, call.prompts)
