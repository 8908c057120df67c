"""What an object took by step, round by round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maskloop.pages.figures import PAPER, Drawing, figure
from maskloop.pages.wording import say_step
from maskloop.report.reviews.outcomes import Reviewed, ReviewsReport, Step

STEPS: Mapping[Step, tuple[str, str]] = {
    Step.DRAWING: ("drawing what was missed", "#009e73"),
    Step.MENDING: ("mending proposals", "#56b4e9"),
    Step.BOXES: ("boxes", "#e69f00"),
    Step.LOOKS: ("looks at proposals", "#8c96a3"),
    Step.REJECTIONS: ("rejections", "#cc79a7"),
    Step.CLASSES: ("another class", "#7f5539"),
}
"""The steps of objects, from the ground up: what a legend says, and a colour."""
NAME = "review-steps"


def review_steps(reviews: ReviewsReport | None) -> Drawing | None:
    """Planned seconds an object by step, a bar for each round; `None` where no label has an object."""
    if reviews is None or not reviews.total.objects:
        return None
    bars = [(str(number) if number else "first", part) for number, part in reviews.by_round.items() if part.objects]
    steps = [step for step in STEPS if reviews.total.steps_s.get(step)]

    def draw(axes: Any) -> None:
        base = [0.0 for _ in bars]
        for step in steps:
            heights = [part.steps_s.get(step, 0.0) / part.objects for _, part in bars]
            words, colour = STEPS[step]
            label = f"{words}: {say_step(_an_object(reviews.total, step))}"
            axes.bar(range(len(bars)), heights, 0.5, base, color=colour, edgecolor=PAPER, lw=0.8, label=label)
            base = [low + height for low, height in zip(base, heights, strict=True)]
        axes.set_xlim(-0.6, max(len(bars) - 0.4, 1.6))
        axes.set_ylim(bottom=0)
        axes.set_xticks(range(len(bars)), [name for name, _ in bars])
        axes.grid(axis="x", visible=False)
        axes.set_xlabel("helped by the network of round")
        axes.set_ylabel("planned seconds an object")

    parts = [f"{STEPS[step][0]} {say_step(_an_object(reviews.total, step))}" for step in steps]
    drawing_s = reviews.total.outlines_s / reviews.total.objects
    words = f"In all, an object took {', '.join(parts)}. Drawing one takes {say_step(drawing_s)}."
    return figure(NAME, "Planned seconds an object, by step and round", words, draw)


def _an_object(part: Reviewed, step: Step) -> float:
    return part.steps_s.get(step, 0.0) / part.objects
