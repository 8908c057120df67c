"""Where a budget ends."""

from __future__ import annotations


def end_of_budget_s(budget_s: float | None, budget_images: int | None, spent_s: float, labeled_images: int) -> float:
    """Seconds at which a budget is spent; one of images as if each further one cost the mean of those labeled."""
    if budget_s is not None:
        return budget_s
    return spent_s * max(1.0, (budget_images or 0) / max(1, labeled_images))
