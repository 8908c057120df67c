"""Whose proposals people are shown, where several models have some: by what reviews have saved, with exploration.

Of every image the proposals of one model are shown. A proposer m saves a share of the seconds in which people would
draw the objects of class c:

    share of m in a label ~ N(mu_mc, NOISE^2 / objects), mu_mc ~ N(mu_m, BETWEEN_CLASSES^2), mu_m ~ N(PRIOR, WIDTH^2)

so that what is known of one class says something of the others. Wrong proposals of classes that no label holds are
charged to all classes of their proposer alike. The proposer of an image is the one that saves most
there with shares that are drawn from the posterior (Thompson, *On the likelihood that one unknown probability exceeds
another in view of the evidence of two samples*, 1933): the less is known of one, the more often it is tried. The model
of the shares is ours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import fmean

import numpy as np

PRIOR, WIDTH = 0.4, 0.3
"""Before anything was reviewed: with boxes, simulated people saved .29 to .75 of drawing on five real sets."""
BETWEEN_CLASSES = 0.2  # deviation of a proposer's classes
NOISE = 0.4  # of one object: saved shares lie between 0 and .95
Objects = Mapping[int, float]
"""Expected number of objects by category id."""


@dataclass(frozen=True)
class Reviewed:
    """What one label tells of a proposer.

    Args:
        proposer: whose proposals were at hand.
        category_id: of the objects.
        objects: that the label holds of it, 0 or more.
        drawing_s: seconds in which they would have been drawn, 0 without objects.
        saved_s: of these; less than 0 where wrong proposals took more than right ones saved.
    """

    proposer: str
    category_id: int
    objects: int
    drawing_s: float
    saved_s: float


@dataclass(frozen=True)
class Share:
    """A share that is known as well as a normal distribution says: its mean and deviation."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class _Seen:
    """Of one class: so many objects saved this mean share."""

    objects: int
    share: float

    @property
    def variance(self) -> float:
        """About the proposer's own mean."""
        return BETWEEN_CLASSES**2 + NOISE**2 / self.objects


class SavedShares:
    """What reviews tell of proposers.

    Args:
        reviews: in any order.
    """

    def __init__(self, reviews: Iterable[Reviewed]) -> None:
        objects: Counter[tuple[str, int]] = Counter()
        drawing_s: defaultdict[tuple[str, int], float] = defaultdict(float)
        saved_s: defaultdict[tuple[str, int], float] = defaultdict(float)
        for each in reviews:
            key = each.proposer, each.category_id
            objects[key] += each.objects
            drawing_s[key] += each.drawing_s
            saved_s[key] += each.saved_s
        whole_s: defaultdict[str, float] = defaultdict(float)
        wasted_s: defaultdict[str, float] = defaultdict(float)  # on what no label holds
        for (proposer, category_id), number in objects.items():
            whole_s[proposer] += drawing_s[proposer, category_id]
            wasted_s[proposer] += 0.0 if number else saved_s[proposer, category_id]
        self._seen: dict[str, dict[int, _Seen]] = {}
        for (proposer, category_id), number in sorted(objects.items()):
            if number:
                share = saved_s[proposer, category_id] / drawing_s[proposer, category_id]
                everywhere = wasted_s[proposer] / whole_s[proposer]
                self._seen.setdefault(proposer, {})[category_id] = _Seen(number, share + everywhere)

    def of_proposer(self, proposer: str) -> Share:
        """Its share in a class of which nothing is known, but for the spread between classes: mu_m."""
        seen = self._seen.get(proposer, {}).values()
        precision = 1 / WIDTH**2 + sum(1 / each.variance for each in seen)
        mean = (PRIOR / WIDTH**2 + sum(each.share / each.variance for each in seen)) / precision
        return Share(mean, precision**-0.5)

    def of_class(self, proposer: str, category_id: int) -> Share:
        """Its share in a class: mu_mc."""
        whole = self.of_proposer(proposer)
        weight, own = self._given(proposer, category_id, whole.mean)
        return Share(own.mean, float(np.hypot(own.deviation, weight * whole.deviation)))

    def draw(self, proposer: str, categories: Sequence[int], rng: np.random.Generator) -> dict[int, float]:
        """One share for each of the categories, from the posterior of all of them together."""
        whole = self.of_proposer(proposer)
        level = rng.normal(whole.mean, whole.deviation)
        drawn = [self._given(proposer, category_id, level)[1] for category_id in categories]
        return {key: rng.normal(each.mean, each.deviation) for key, each in zip(categories, drawn, strict=True)}

    def _given(self, proposer: str, category_id: int, level: float) -> tuple[float, Share]:
        """A class's share where the proposer's own is known to be `level`, and how much it moves with that."""
        seen = self._seen.get(proposer, {}).get(category_id)
        own = 1 / BETWEEN_CLASSES**2
        more = seen.objects / NOISE**2 if seen is not None else 0.0
        mean = (level * own + (seen.share if seen is not None else 0.0) * more) / (own + more)
        return own / (own + more), Share(mean, (own + more) ** -0.5)


def choose_proposer(
    image_id: str, offered: Mapping[str, Objects], shares: SavedShares, names: Mapping[str, str], seed: int
) -> str:
    """The key of whose proposals are shown for an image: it saves the most seconds, with shares drawn for this image.

    Args:
        offered: what each proposes there, 1 or more of them, by a key such as its model version. The image is taken to
            hold the mean of them. A proposer saves its share of the objects that it proposes itself, and of no more
            than there are. Where nobody proposes anything, its share over all classes decides.
        names: of the proposers by key, as reviews have them; several versions of a method share one.
        seed: of the draws. The same seed gives the same choice, whatever else is chosen.
    """
    categories = sorted({category_id for objects in offered.values() for category_id in objects})
    there = {key: fmean(objects.get(key, 0.0) for objects in offered.values()) for key in categories}
    saved: dict[str, float] = {}
    for key in sorted(offered):
        drawn = shares.draw(names[key], categories or [0], _generator(seed, image_id, names[key]))
        own = {each: min(there[each], offered[key].get(each, 0.0)) for each in categories}
        saved[key] = sum(drawn[each] * own[each] for each in categories) if categories else drawn[0]
    return max(saved, key=lambda key: saved[key])


def _generator(seed: int, image_id: str, proposer: str) -> np.random.Generator:
    digest = blake2b(f"{seed}/{proposer}/{image_id}".encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))
