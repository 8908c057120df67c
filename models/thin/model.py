"""A fitted dense head on frozen features, and what it makes of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.values import Counts, ImageProposals, ObjectProposal, Prompt
from models.data.mask_pieces import united
from models.data.samples import ImageToScore
from models.data.upsampling import enlarge
from models.data.windows import Window
from models.features.model import FittedOnFeatures, encoder_of, evidence_of, network_tensors
from models.features.prompted import Asked, PromptPart
from models.features.recipe import PretrainedRecipe
from models.fitted import provenance
from models.iou_head.uncertainty import LARGEST, mask_uncertainty
from models.iou_head.uncertainty import NAMES as UNCERTAINTIES
from models.predictor import Prediction, PromptedImage, evaluating
from models.thin.canvas import stitch
from models.thin.instances import InstanceRule, Part
from models.thin.network import DenseNetwork
from models.thin.prompts import OnMap, placed_in_image

NAMES = ("confidence", "root_area", "objects", "stability")
"""Statistics of an object: its mean probability, the side of a square of its area and the number of objects / 20, both
for what the network looks at at once, and the share of its pixels that are surer by .2 than they had to be."""
Maps = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FittedDense(FittedOnFeatures[DenseNetwork]):
    """A network whose maps' connected parts are the objects.

    Args:
        rule: how objects are read off its maps.
    """

    FORMAT: ClassVar[str] = "maskloop.thin.1"

    rule: InstanceRule = field(kw_only=True)

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        for item in images:
            for category_id in item.counts.by_category if item.counts else ():
                if category_id not in self.categories:
                    raise InvalidLabel(f"category {category_id} is not in the vocabulary")
        parts: list[tuple[Window, Maps, NDArray[np.float32]]] = []
        for batch in self.encoder.encoded(images, batch_size):
            raw = self.encoder.tensors([one.picture.taps for one in batch])
            with torch.inference_mode(), evaluating(self.network):
                logits = self.network(raw).cpu().numpy()
            features = raw[-1].mean(dim=(2, 3)).cpu().numpy()
            for row, one in enumerate(batch):
                parts.append((one.window, logits[row], features[row]))
                if one.last:
                    windows, maps, seen = zip(*parts, strict=True)
                    yield self._prediction(one.item, one.picture.size, stitch(windows, maps), np.mean(seen, axis=0))
                    parts = []

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """As `Predictor.propose`: what the network's own map says in the box, or of the parts at the points."""
        asked = Asked.of(images, self.encoder)
        with torch.inference_mode(), evaluating(self.network):
            maps = [self.network(taps)[0].cpu().numpy() for taps in asked.taps]
        found: dict[tuple[int, int], list[ObjectProposal]] = {}
        for part in asked.parts:
            image = images[part.image]
            piece = self._piece(maps[part.place], part, image.prompts[part.prompt], image.size)
            found.setdefault((part.image, part.prompt), []).append(piece)
        return [
            tuple(_whole(found[row, place]) for place in range(len(image.prompts))) for row, image in enumerate(images)
        ]

    def _piece(self, logits: Maps, part: PromptPart, prompt: Prompt, size: tuple[int, int]) -> ObjectProposal:
        """What one window shows."""
        probabilities = torch.from_numpy(logits).sigmoid().numpy()
        shown = OnMap.of(part, prompt, (logits.shape[1], logits.shape[2]))
        known = prompt.category_id in self.categories
        place = self.categories.index(prompt.category_id) if known else shown.likeliest(probabilities)
        category_id = prompt.category_id or self.categories[place]
        own = shown.part(probabilities[place], self.rule)
        window = part.window
        nothing = ObjectProposal(category_id, Mask.empty(*size), 0.0, 0.0)
        if own is None:
            return nothing
        drawn = self._full_size(logits[place], own, (window.height, window.width))
        mask = placed_in_image(drawn, window, size, prompt)
        if not mask.area:
            return nothing
        statistics = self._statistics(probabilities, [(place, own)])
        (iou,) = self.calibrator.predict(statistics)
        return ObjectProposal(category_id, mask, float(iou), float(statistics[0, 0]))

    def _prediction(
        self, item: ImageToScore, size: tuple[int, int], logits: Maps, features: NDArray[np.float32]
    ) -> Prediction:
        probabilities = torch.from_numpy(logits).sigmoid().numpy()
        found = [(place, part) for place in range(len(logits)) for part in self.rule.objects(probabilities[place])]
        found = counted(found, item.counts, self.categories)
        drawn = [(each, self._full_size(logits[each[0]], each[1], size)) for each in found]
        found = [each for each, mask in drawn if mask.area]
        masks = [mask for _, mask in drawn if mask.area]
        statistics = self._statistics(probabilities, found)
        ious = self.calibrator.predict(statistics)
        objects = tuple(
            ObjectProposal(self.categories[place], mask, float(iou), float(row[0]))
            for (place, _), mask, iou, row in zip(found, masks, ious, statistics, strict=True)
        )
        missing = max(0, item.counts.objects - len(found)) if item.counts else 0
        score = float(ious.sum()) / (len(found) + missing) if found else float(item.counts is not None and not missing)
        return Prediction(
            ImageProposals(item.image_id, "", score, objects, missing),
            statistics,
            None,
            features,
            self._uncertainty(logits, found, item.counts),
        )

    def _statistics(self, probabilities: Maps, found: Sequence[tuple[int, Part]]) -> Floats:
        seen = self.recipe.image_size**2  # pixels of what the network looks at at once
        rows = []
        for place, part in found:
            inside = part.of(probabilities[place])
            sure = (inside >= min(self.rule.threshold + 0.2, 0.95)).mean()
            beside = len(found) / 20 * seen / probabilities[place].size
            rows.append((inside.mean(), np.sqrt(part.area / seen), beside, sure))
        return np.array(rows, dtype=np.float64).reshape(-1, len(NAMES))

    def _full_size(self, logits: NDArray[np.float32], part: Part, size: tuple[int, int]) -> Mask:
        """The object at the image's own size: its own pixels' map, lifted so that the threshold is zero."""
        lift = np.log(self.rule.threshold / (1 - self.rule.threshold))
        own = part.on(logits.shape)
        return enlarge(np.where(own, logits - lift, -np.abs(logits - lift)).astype(np.float32), *size)

    def _uncertainty(self, logits: Maps, found: Sequence[tuple[int, Part]], counts: Counts | None) -> dict[str, float]:
        """Of the maps of the classes that were found; an image known to hold nothing has no doubt."""
        if not found:
            nothing = np.zeros(len(LARGEST)) if counts is not None and not counts.objects else np.array(LARGEST)
            return dict(zip(UNCERTAINTIES, nothing.tolist(), strict=True))
        places = sorted({place for place, _ in found})
        maps = torch.from_numpy(logits[places])
        doubts = mask_uncertainty(maps[None], torch.zeros(1, len(places), dtype=torch.int64))[0]
        return dict(zip(UNCERTAINTIES, doubts.double().mean(dim=0).tolist(), strict=True))

    def _description(self) -> dict[str, Any]:
        return {**super()._description(), "rule": asdict(self.rule)}

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = PretrainedRecipe.from_dict(description["recipe"])
        channels = tuple(description["channels"])
        network = DenseNetwork(channels, len(description["categories"]))
        network.load_state_dict(network_tensors(tensors))
        return cls(
            network=network.to(device).to(memory_format=torch.channels_last).eval(),
            recipe=recipe,
            channels=channels,
            evidence=evidence_of(description, tensors),
            encoder=encoder_of(description, tensors, recipe, device, fine=True),
            rule=InstanceRule(**description["rule"]),
            **provenance(description),
        )


def _whole(pieces: Sequence[ObjectProposal]) -> ObjectProposal:
    """One object of what several windows show; the largest piece speaks for it."""
    largest = max(pieces, key=lambda piece: piece.mask.area)
    return replace(largest, mask=united([piece.mask for piece in pieces]))


def counted(found: list[tuple[int, Part]], counts: Counts | None, categories: Sequence[int]) -> list[tuple[int, Part]]:
    """As many parts of each category as were counted, the largest; all of them where nobody counted."""
    if counts is None:
        return found
    left = {categories.index(category_id): number for category_id, number in counts.by_category.items()}
    kept = []
    for place, part in found:
        if left.get(place, 0) > 0:
            left[place] -= 1
            kept.append((place, part))
    return kept
