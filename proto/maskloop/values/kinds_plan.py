"""Which kinds of labels to buy next: shares of the seconds by kind, what each should gain, and what that goes by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from maskloop.errors import InvalidArgument
from maskloop.values.labels import SupervisionKind


class KindsBasis(StrEnum):
    """What a plan of kinds goes by."""

    PRIORS = "priors"
    ROUNDS = "rounds"


class KindsReason(StrEnum):
    """Why a plan of kinds has these shares: one kind alone can be had, they promise the best network at the end of the
    budget, or the next network tells more about the kinds."""

    ONE_KIND = "one_kind"
    BEST_END = "best_end"
    TELLS_MORE = "tells_more"


@dataclass(frozen=True)
class Estimate:
    """A number that nobody knows: its posterior mean, and the ends of the interval that holds it with 95 %.

    Raises:
        InvalidArgument: one of them is not finite.
    """

    mean: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.mean, self.low, self.high))):
            raise InvalidArgument(f"an estimate of {self.mean} in [{self.low}, {self.high}] is none", field="estimate")


@dataclass(frozen=True)
class KindOutlook:
    """One kind in a plan.

    Args:
        kind: which.
        share: of the seconds, in [0, 1].
        images: that the share should buy.
        image_s: seconds that one image should take.
        open_images: images that could still be labeled so.
        gain_per_s: of panoptic quality by a second, were all of the seconds spent on this kind.
        recognition, segmentation: how many outlined images one image is worth for each factor, in [0, 1].
    """

    kind: SupervisionKind
    share: float
    images: float
    image_s: float
    open_images: int
    gain_per_s: Estimate
    recognition: Estimate
    segmentation: Estimate


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network that was measured on the test images, and what it had learnt from.

    Args:
        model_version: its id.
        images: by the kind that says most of each.
        recognition: recognition quality RQ in [0, 1].
        segmentation: mean IoU SQ of what it found, in [0, 1]; `None` where it found nothing.
    """

    model_version: str
    images: Mapping[SupervisionKind, int]
    recognition: float
    segmentation: float | None


@dataclass(frozen=True)
class KindsPlan:
    """Which kinds of labels to buy for the next seconds.

    Args:
        seconds: to be divided; no more than are left.
        left_s: of the budget.
        kinds: those that were asked about, full first.
        expected: panoptic quality of the next network as it would be measured, noise of a training included.
        basis, reason: what it goes by, and why it is so.
        words: the reason for a person.
        networks: what was learnt from, oldest first.
    """

    seconds: float
    left_s: float
    kinds: tuple[KindOutlook, ...]
    expected: Estimate
    basis: KindsBasis
    reason: KindsReason
    words: str
    networks: tuple[MeasuredNetwork, ...] = ()

    @property
    def shares(self) -> dict[SupervisionKind, float]:
        """Of the seconds, by kind; they add up to 1."""
        return {each.kind: each.share for each in self.kinds}
