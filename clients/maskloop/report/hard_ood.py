"""What only looks like something: candidate OoD images that fooled a classifier, and what people answered."""

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

    `answer` is the category that a person saw, "" for none of them, `None` where nobody looked.
    """

    image: str
    file_name: str
    category: str
    probability: float
    cluster: int
    answer: str | None = None


@dataclass(frozen=True)
class HardOodReport:
    """One round's checks of candidate OoD images.

    Args:
        round: its number.
        classifier: id of the classifier that was fooled.
        candidates: how many it read.
        hard_images: how many of them it took for something.
        clusters: into which these fall.
        checked: how many people looked at.
        not_ood: how many of those hold something after all.
        cost_s: seconds charged for these checks.
        images: of each cluster those of highest probability, cluster by cluster.
    """

    round: int
    classifier: str
    candidates: int
    hard_images: int
    clusters: int
    checked: int
    not_ood: int
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
    clusters: dict[int, list[HardImage]] = {}
    for image in sorted(report.images, key=lambda image: (image.answer is None, -image.probability)):
        clusters.setdefault(image.cluster, []).append(image)
    several = [images for _, images in sorted(clusters.items()) if len(images) > 1]
    groups = [
        Group(f"group {number} of {len(several)}", tuple(images[:IMAGES_A_CLUSTER]))
        for number, images in enumerate(several[:CLUSTERS_SHOWN], 1)
    ]
    alone = [images[0] for images in clusters.values() if len(images) == 1]
    shown = f", {MOST_ALONE} of {len(alone)}" if len(alone) > MOST_ALONE else ""
    if alone:
        groups.append(Group(f"on their own{shown}", tuple(alone[:MOST_ALONE])))
    return groups


def expected_ood_checks(wanted: int, checked: int, not_ood: int) -> float | None:
    """How many checks find `wanted` images that hold nothing, n / (1 - r) at the rate r of those that hold something.

    Lee, *Label-efficient learning for object recognition*, section 2.5. `None` while nobody looked, or all held
    something.
    """
    if checked <= not_ood:
        return None
    return wanted * checked / (checked - not_ood)


def say_hard_ood(reports: Sequence[HardOodReport]) -> str:
    """What the latest classifier found, and what the checks of all rounds came to, in words."""
    checked, not_ood = sum(report.checked for report in reports), sum(report.not_ood for report in reports)
    latest = _say_latest(reports[-1])
    if not checked:
        return f"{latest} Nobody has looked at any yet."
    rounds = f"in {len(reports)} rounds " if len(reports) > 1 else ""
    looks = f"{latest} People looked {rounds}at {checked:,} in {say_time(sum(report.cost_s for report in reports))}:"
    if not not_ood:
        return f"{looks} none holds anything."
    answers = f"{looks} {checked - not_ood:,} hold nothing, {not_ood:,} something."
    more = expected_ood_checks(MORE, checked, not_ood)
    if more is None:
        return answers
    return f"{answers} At that rate, {MORE} more that hold nothing take about {more:,.0f} looks."


def _say_latest(last: HardOodReport) -> str:
    candidates = say_count(last.candidates, "candidate")
    if not last.hard_images:
        return f"The latest classifier took none of {candidates} for anything."
    single = last.clusters == last.hard_images
    groups = "too few to group" if single else f"in {say_count(last.clusters, 'group')}"
    return f"The latest classifier took {last.hard_images:,} of {candidates} for something, {groups}."
