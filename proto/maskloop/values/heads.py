"""Whether a model's IoU head is to be trusted, and what says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum


class HeadState(StrEnum):
    """What a held-out fit makes of the head of a model version.

    TRUSTED: the head predicts IoU better than a constant, by more than chance; or the version before it did, and this
    one's error is below the constant's as well.
    CONFIDENCE: it does not, but raw confidence ranks images better, and better than chance: scores are confidence.
    UNTRUSTED: neither is known to; scores say nothing that images may be chosen by.
    UNFITTED: there is no head yet, for want of labels. What stands in the place of predicted IoUs is raw confidence,
        which no strategy chooses by.
    """

    TRUSTED = "trusted"
    CONFIDENCE = "confidence"
    UNTRUSTED = "untrusted"
    UNFITTED = "unfitted"

    @property
    def metric(self) -> str:
        """The name under which a model version's metrics say that this is its state, with the value 1."""
        return f"head_{self.value}"

    @classmethod
    def of(cls, metrics: Mapping[str, float]) -> HeadState:
        """The state that a model version's metrics name; UNTRUSTED where they name none."""
        return next((state for state in cls if metrics.get(state.metric)), cls.UNTRUSTED)


KEPT = "head_kept"  # the metric that says that trust was earned by the version before
SEEN = "head_seen"  # that the network had learnt which classes the images hold that the head was judged by


def keep_trust(metrics: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """The metrics of a new model version, trusted as well if trust was earned before and nothing speaks against it.

    A test on few held-out images says "perhaps luck" of most good heads; once one was no luck, the next, of the same
    recipe and more labels, need only do better than the constant again.

    Args:
        metrics: of the new version.
        before: of the version before it.
    """
    state, error = HeadState.of(metrics), metrics.get("held_out_mae", math.inf)
    better = error < metrics.get("held_out_mae_constant", 0.0)
    earned = HeadState.of(before) is HeadState.TRUSTED and not metrics.get(SEEN)
    if state is not HeadState.UNTRUSTED or not earned or not better:
        return dict(metrics)
    others = {name: value for name, value in metrics.items() if name != state.metric}
    return {**others, HeadState.TRUSTED.metric: 1.0, KEPT: 1.0}


def explain_head(metrics: Mapping[str, float]) -> str:
    """One sentence for a person: why a model version's head is in the state its metrics name."""
    if HeadState.of(metrics) is HeadState.UNFITTED:
        return "There are too few labels to fit a head: masks have a raw confidence, and no predicted IoU."
    if "held_out_mae" not in metrics:
        return "There were no labels to judge the head by that its network had not learnt from."
    images = f"On {metrics['held_out_images']:.0f} labeled images"
    held_out = f"{images} new to its network,"
    errors = f"a mean error of {metrics['held_out_mae']:.3f} against {metrics['held_out_mae_constant']:.3f}, " + _say_p(
        metrics["held_out_p_value"]
    )
    if metrics.get(SEEN):
        return (
            f"{images} the head predicted IoU with {errors}. Its network had learnt which classes these hold, and "
            "looks better on them than on others: the head is not trusted."
        )
    ranks = [_say(metrics.get(f"held_out_spearman{suffix}")) for suffix in ("_confidence", "")]
    match HeadState.of(metrics):
        case HeadState.TRUSTED if metrics.get(KEPT):
            return f"{held_out} the head, trusted before, still predicted IoU better than a constant ({errors})."
        case HeadState.TRUSTED:
            return f"{held_out} the head predicted IoU better than a constant ({errors})."
        case HeadState.CONFIDENCE:
            ending = f"confidence ranked them better (Spearman {ranks[0]} against {ranks[1]}), so it is the score"
        case _:
            ending = f"nor did confidence rank them better than chance and the head (Spearman {ranks[0]}, {ranks[1]})"
    return f"{held_out} the head did not surely predict IoU better than a constant ({errors}); {ending}."


def _say(rank: float | None) -> str:
    return "undefined" if rank is None else f"{rank:.2f}"


def _say_p(p: float) -> str:
    """To three digits; no test says that luck is impossible."""
    return "p < 0.001" if p < 0.0005 else f"p = {p:.3f}"
