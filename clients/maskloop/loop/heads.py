"""Which head predicted the IoUs that images were chosen by, told from a model version's metrics."""

from __future__ import annotations

from collections.abc import Mapping

from maskloop.report.words import say_number


def head_of(metrics: Mapping[str, float]) -> tuple[bool | None, str]:
    """Whether the fitted head was trusted, and why not; `None` where the metrics do not tell.

    Args:
        metrics: of a model version: `head_statistics`, `head_confidence` or `head_unfitted` is set, and the ranks
            that decided are `held_out_spearman` and `held_out_spearman_confidence` on `held_out_images`.
    """
    if "head_statistics" in metrics:
        return True, ""
    if "head_confidence" in metrics:
        ranks = [say_number(metrics.get(f"held_out_spearman{suffix}")) for suffix in ("_confidence", "")]
        return False, (
            f"On {metrics.get('held_out_images', 0):.0f} labeled images held out, the network's confidence ranked "
            f"better than the head (Spearman {ranks[0]} against {ranks[1]}), so confidence was used."
        )
    if "head_unfitted" in metrics:
        return False, "With so few labels no head is fitted; the network's own confidence was used."
    return None, ""
