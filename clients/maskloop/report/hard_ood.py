"""What only looks like something: candidate OoD images that fooled a classifier, and what people said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.pages.wording import say_count, say_time

CLUSTERS_SHOWN = 12
IMAGES_A_CLUSTER = 6
MOST_ALONE = 22
MORE = 100


@dataclass(frozen=True)
class HardImage:
    """A candidate that was taken for `category` at a `probability` in [0.5, 1], and its cluster.

    `said` is the category that a person saw, "" for none of them, `None` where nobody looked.
    """

    image: str
    file_name: str
    category: str
    probability: float
    cluster: int
    said: str | None = None


@dataclass(frozen=True)
class HardOodReport:
    """One round's look at candidate OoD images.

    Args:
        round: its number.
        classifier: id of the classifier that was fooled.
        candidates: how many it read.
        hard_images: how many of them it took for something.
        clusters: into which these fall.
        looked_at: how many people looked at.
        there: how many of those hold something after all.
        cost_s: planned seconds of these looks.
        images: of each cluster those of highest probability, cluster by cluster.
    """

    round: int
    classifier: str
    candidates: int
    hard_images: int
    clusters: int
    looked_at: int
    there: int
    cost_s: float
    images: tuple[HardImage, ...] = ()


@dataclass(frozen=True)
class Group:
    """Images to show side by side: some of a cluster, or those that are alone in theirs."""

    name: str
    images: tuple[HardImage, ...]


def shown_groups(report: HardOodReport) -> list[Group]:
    """What to show, the largest cluster first: few images of each, those that somebody looked at before others.

    Images that are alone in their cluster, as all are where there are no more images than clusters, share a group, the
    last.
    """
    of: dict[int, list[HardImage]] = {}
    for image in sorted(report.images, key=lambda one: (one.said is None, -one.probability)):
        of.setdefault(image.cluster, []).append(image)
    several = [images for _, images in sorted(of.items()) if len(images) > 1]
    groups = [
        Group(f"group {number} of {len(several)}", tuple(images[:IMAGES_A_CLUSTER]))
        for number, images in enumerate(several[:CLUSTERS_SHOWN], 1)
    ]
    alone = [images[0] for images in of.values() if len(images) == 1]
    shown = f", {MOST_ALONE} of {len(alone)}" if len(alone) > MOST_ALONE else ""
    return [*groups, *([Group(f"on their own{shown}", tuple(alone[:MOST_ALONE]))] if alone else [])]


def expected_ood_checks(wanted: int, looked_at: int, there: int) -> float | None:
    """How many looks find `wanted` images that hold nothing, n / (1 - r) at the rate r of those that hold something.

    Lee, *Label-efficient learning for object recognition*, section 2.5. `None` while nobody looked, or all held
    something.
    """
    if looked_at <= there:
        return None
    return wanted * looked_at / (looked_at - there)


def say_hard_ood(reports: Sequence[HardOodReport]) -> str:
    """What the latest classifier found, and what the looks of all rounds came to, in words."""
    looked_at, there = sum(one.looked_at for one in reports), sum(one.there for one in reports)
    found = _say_found(reports[-1])
    if not looked_at:
        return f"{found} Nobody has looked at any yet."
    rounds = f"in {len(reports)} rounds " if len(reports) > 1 else ""
    looks = f"{found} People looked {rounds}at {looked_at:,} in {say_time(sum(one.cost_s for one in reports))}:"
    if not there:
        return f"{looks} none holds anything."
    said = f"{looks} {looked_at - there:,} hold nothing, {there:,} something."
    more = expected_ood_checks(MORE, looked_at, there)
    if more is None:
        return said
    return f"{said} At that rate, {MORE} more that hold nothing take about {more:,.0f} looks."


def _say_found(last: HardOodReport) -> str:
    candidates = say_count(last.candidates, "candidate")
    if not last.hard_images:
        return f"The latest classifier took none of {candidates} for anything."
    single = last.clusters == last.hard_images
    groups = "too few to group" if single else f"in {say_count(last.clusters, 'group')}"
    return f"The latest classifier took {last.hard_images:,} of {candidates} for something, {groups}."
