"""How the networks of a campaign are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Training:
    """How networks are trained: a recipe by name, what differs from it, and the seed; the classifier's recipe too; and
    whether each becomes the active version."""

    recipe: str
    overrides: Mapping[str, object]
    seed: int
    classifier: str = ""
    classifier_overrides: Mapping[str, object] = field(default_factory=dict)
    activate: bool = True
