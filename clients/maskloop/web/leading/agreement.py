"""How far people agree who labeled the same images: one drew, and another corrected, or labeled it again unseen.

Of each image the last full label of each person is taken. Objects are paired within their category so that the sum of
IoUs is largest (`maskloop.matching.match_within_class`); crowds are left out. The mean IoU is over pairs that overlap.

A correction begins with the label that it corrects, so that agreement is flattered: what the second person left alone
agrees altogether. One given unseen begins with nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from math import fsum

from maskloop.matching import match_within_class
from maskloop.values import Label, ObjectLabel, SupervisionKind


@dataclass(frozen=True)
class Agreement:
    """Two people on the images that both have labeled.

    Args:
        first, second: their names, in alphabetical order.
        images: how many both have labeled.
        ious: of objects that both drew, one a pair.
        only_first, only_second: objects that one drew, and the other did not.
    """

    first: str
    second: str
    images: int
    ious: tuple[float, ...]
    only_first: int
    only_second: int

    @property
    def mean_iou(self) -> float | None:
        """Mean IoU of the objects that both drew, `None` without any."""
        return fsum(self.ious) / len(self.ious) if self.ious else None


def agreements(labels: Iterable[Label]) -> list[Agreement]:
    """Every two people who labeled an image in common, by name.

    Args:
        labels: oldest first, corrected ones included. Labels of nobody, that came with the images, are left out.
    """
    by_image: dict[str, dict[str, Label]] = {}
    for label in labels:
        if label.kind is SupervisionKind.FULL and label.annotator:
            by_image.setdefault(label.image_id, {})[label.annotator] = label
    shared: dict[tuple[str, str], list[tuple[Label, Label]]] = {}
    for theirs in by_image.values():
        for first, second in combinations(sorted(theirs), 2):
            shared.setdefault((first, second), []).append((theirs[first], theirs[second]))
    return [_agreement(*names, shared[names]) for names in sorted(shared)]


def _agreement(first: str, second: str, pairs: list[tuple[Label, Label]]) -> Agreement:
    ious: list[float] = []
    only_first = only_second = 0
    for one, other in pairs:
        mine, theirs = _single(one), _single(other)
        matched = [float(iou) for iou in match_within_class(mine, theirs)[1] if iou > 0]
        ious += matched
        only_first += len(mine) - len(matched)
        only_second += len(theirs) - len(matched)
    return Agreement(first, second, len(pairs), tuple(ious), only_first, only_second)


def _single(label: Label) -> list[ObjectLabel]:
    return [item for item in label.objects if not item.crowd]
