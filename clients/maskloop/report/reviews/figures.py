"""What an object took by step, round by round, beside what drawing it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maskloop.pages.figures import INK, PAPER, Drawing, figure
from maskloop.pages.wording import say_step
from maskloop.report.reviews.outcomes import Reviewed, ReviewsReport, Step
from maskloop.report.reviews.words import say_share

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
        for place, (_, part) in enumerate(bars):
            words = f"drawing every object: {say_step(_all_drawn(reviews.total))}" if not place else None
            level = _all_drawn(part)
            axes.plot([place - 0.35, place + 0.35], [level, level], "--", color=INK, lw=2, label=words)
        axes.set_xlim(-0.6, max(len(bars) - 0.4, 1.6))
        axes.set_ylim(bottom=0)
        axes.set_xticks(range(len(bars)), [name for name, _ in bars])
        axes.grid(axis="x", visible=False)
        axes.set_xlabel("helped by the network of round")
        axes.set_ylabel("planned seconds an object")

    parts = [f"{STEPS[step][0]} {say_step(_an_object(reviews.total, step))}" for step in steps]
    words = f"Drawing takes {say_step(_all_drawn(reviews.total))} an object. With proposals: {', '.join(parts)}."
    saved = f" Saved by plan: {say_share(reviews.total.saved)}."
    return figure(NAME, "Planned seconds an object, by step and round", words + saved, draw)


def _an_object(part: Reviewed, step: Step) -> float:
    return part.steps_s.get(step, 0.0) / part.objects


def _all_drawn(part: Reviewed) -> float:
    """Seconds an object if all were drawn, those apart in which classes are looked for."""
    return part.outlines_s / part.objects
