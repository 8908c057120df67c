"""What correcting a proposed mask costs, and what proposals save of the time that outlines take.

Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual inspection of civil
infrastructures*, "time saved": objects are grouped by the IoU of their proposal with their true mask, .95 and more,
.75 to .95 and .5 to .75. Each saves the lower end of its group, below .5 nothing. The share saved is the mean over all
objects, those that nobody proposed included. Looking at proposals, rejecting wrong ones and finding what was missed
are not charged.

The continuous form is ours and was not measured on people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from maskloop.errors import InvalidArgument
from maskloop.values import CorrectionForm

BANDS = (0.95, 0.75, 0.5)
"""Lower ends of the paper's groups, best first; each is also the share that an object of the group saves."""
LARGEST = (1.0, *(math.nextafter(end, 0) for end in BANDS))
"""Largest IoU of each group, best first, and of the objects below all of them."""
CORRECTED_FROM = 0.3
"""The continuous form: IoU from which a proposal is corrected; a worse one is drawn anew."""
CORRECTION_SLOPE = 1.2
"""The continuous form: shares of an outline's time that correcting takes, for each of 1 - IoU."""


@dataclass(frozen=True)
class TimeSaved:
    """Shares of the outlines' time that proposals save, by class.

    Args:
        objects: of each class, 1 or more.
        shares: saved in each class, in [0, 1].

    Raises:
        InvalidArgument: there is no class, the two name other classes, or a number is out of its range.
    """

    objects: Mapping[str, int]
    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.objects or self.objects.keys() != self.shares.keys():
            raise InvalidArgument("time saved needs objects and a share of the same classes, of one or more")
        for name, share in self.shares.items():
            if self.objects[name] < 1 or not 0 <= share <= 1:
                raise InvalidArgument(
                    f"{share:g} saved on {self.objects[name]} objects of {name!r} is no share of any time", field=name
                )

    @property
    def micro(self) -> float:
        """Over all objects, whatever their class."""
        return fmean(self.shares.values(), weights=[self.objects[name] for name in self.shares])

    @property
    def macro(self) -> float:
        """The mean of the classes."""
        return fmean(self.shares.values())


@dataclass(frozen=True)
class GroupSizes:
    """How many objects of a class there are and how many have proposals of an IoU, as the paper prints them.

    Args:
        objects: all, 1 or more, those that nobody proposed included.
        from_95: with IoU .95 and more.
        from_75: .75 and more, below .95.
        from_50: .5 and more, below .75.

    Raises:
        InvalidArgument: a number is negative, or the groups hold more than all objects.
    """

    objects: int
    from_95: int
    from_75: int
    from_50: int

    def __post_init__(self) -> None:
        if self.objects < 1 or min(self._sizes) < 0:
            raise InvalidArgument(
                f"{self.objects} objects, with {self.from_95}, {self.from_75} and {self.from_50} of them in groups by "
                "IoU: there must be one, no group is negative, and together they hold no more than all",
                field="objects",
            )

    @property
    def lowest(self) -> list[float]:
        """An IoU of each object: the smallest of its group."""
        return self._at((*BANDS, 0.0))

    @property
    def highest(self) -> list[float]:
        """An IoU of each object: the largest of its group."""
        return self._at(LARGEST)

    @property
    def _sizes(self) -> tuple[int, ...]:
        groups = (self.from_95, self.from_75, self.from_50)
        return (*groups, self.objects - sum(groups))

    def _at(self, ious: Sequence[float]) -> list[float]:
        return [iou for iou, size in zip(ious, self._sizes, strict=True) for _ in range(size)]


DEFECTS: Mapping[str, GroupSizes] = {
    "crack": GroupSizes(111, 19, 40, 30),
    "spalling": GroupSizes(65, 17, 19, 14),
    "rust": GroupSizes(89, 22, 14, 9),
}
"""The paper's: connected components of its test patches' true masks, by the IoU of their proposals."""


def saved_share(iou: float, form: CorrectionForm = CorrectionForm.BANDS) -> float:
    """The share of an outline's time that a proposal saves, in [0, 1]; never less for a better one.

    By bands .95, .75 or .5 from that IoU on, and 0 below .5. The continuous form has an outline take 1.2 (1 - IoU) of
    its time to correct from IoU .3 on. It jumps there: from 0 below .3 to .16 at .3, then grows to 1 at IoU 1. (The
    line itself would reach 0 at IoU 1/6.)

    Args:
        iou: of the proposal with the final mask, in [0, 1]; 0 where nothing was proposed.
        form: how the share goes with the IoU.

    Raises:
        InvalidArgument: the IoU is out of its range.
    """
    return _share(iou, form, "iou")


def time_saved(groups: Mapping[str, Sequence[float]], form: CorrectionForm = CorrectionForm.BANDS) -> TimeSaved:
    """What proposals saved, from the IoU of every object with what was proposed for it.

    Args:
        groups: by class, an IoU in [0, 1] for each object; 0 for one that nobody proposed.
        form: how what a correction takes goes with the IoU.

    Raises:
        InvalidArgument: there is no class, a class without objects, or an IoU out of its range.
    """
    empty = [name for name, ious in groups.items() if not len(ious)]
    if empty:
        raise InvalidArgument(f"{empty[0]!r} has no objects, so that nothing says what is saved on it", field=empty[0])
    return TimeSaved(
        {name: len(ious) for name, ious in groups.items()},
        {name: fmean(_share(iou, form, f"{name}[{i}]") for i, iou in enumerate(ious)) for name, ious in groups.items()},
    )


def least_saved(sizes: Mapping[str, GroupSizes], form: CorrectionForm = CorrectionForm.BANDS) -> TimeSaved:
    """The least that proposals saved where only the groups' sizes are known; by bands it is what they saved."""
    return time_saved({name: each.lowest for name, each in sizes.items()}, form)


def most_saved(sizes: Mapping[str, GroupSizes], form: CorrectionForm = CorrectionForm.BANDS) -> TimeSaved:
    """The most that proposals saved where only the groups' sizes are known; by bands it is what they saved."""
    return time_saved({name: each.highest for name, each in sizes.items()}, form)


def _share(iou: float, form: CorrectionForm, where: str) -> float:
    if not 0 <= iou <= 1:
        raise InvalidArgument(f"{where} is an IoU of {iou:g}; IoUs lie between 0 and 1", field=where)
    return _SHARES[form](iou)


def _by_bands(iou: float) -> float:
    return next((end for end in BANDS if iou >= end), 0.0)


def _continuously(iou: float) -> float:
    return 1 - CORRECTION_SLOPE * (1 - iou) if iou >= CORRECTED_FROM else 0.0


_SHARES: Mapping[CorrectionForm, Callable[[float], float]] = {
    CorrectionForm.BANDS: _by_bands,
    CorrectionForm.CONTINUOUS: _continuously,
}
