"""RIB together with another method, such as AdvCAM.

Table 4.7 of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023, has seeds of W-OoD,
AdvCAM and RIB together, and does not say how the latter two are joined. Both readings here are ours.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.classification.network import ImageClassifier
from models.localization.advcam import AdvCam
from models.localization.late_part import LatePart
from models.localization.maps import ClassMaps, MapMethod
from models.localization.rib import Rib


@dataclass(frozen=True)
class WithRib(MapMethod):
    """Args:
    other: the other method.
    rib: the options of RIB.
    how: "averaged", the mean of both methods' maps, in each of which the largest value of a class is 1; or "fitted",
        the other method's maps alone, of the classifier with the weights that RIB has fitted to the image.
    """

    other: MapMethod = field(default_factory=AdvCam)
    rib: Rib = field(default_factory=Rib)
    how: Literal["averaged", "fitted"] = "averaged"

    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`; errors as `Rib.fit`."""
        if self.how == "fitted":
            return self._of_fitted(classifier, images, classes)
        pairs = zip(*(method.maps(classifier, images, classes) for method in (self.other, self.rib)), strict=True)
        return [
            ClassMaps(one.classes, (one.strided + other.strided) / 2, (one.whole + other.whole) / 2)
            for one, other in pairs
        ]

    def _of_fitted(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """One image after the other: each has weights of its own."""
        learnt = copy.deepcopy(classifier)
        late, made = LatePart.of(learnt, self.rib.cut), []
        for pixels, asked in zip(images, classes, strict=True):
            late.take(self.rib.fit(classifier, pixels, asked).weights)
            made += self.other.maps(learnt, [pixels], [asked])
        return made
