"""What one training may take at most; one that would take more is refused before anything is begun."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.errors import WorkTooLarge
from maskloop.values import PseudoLabels
from models.classification.recipe import ClassifierRecipe
from models.kinds.recipes import AnyRecipe
from models.kinds.sizes import what_to_lower
from models.kinds.work import LARGE, TrainingData, work_of
from service.store import Transaction
from service.store.labels.judged_images import count_pool, labeled_sizes

GIB = 1 << 30


@dataclass(frozen=True)
class TrainingBudget:
    """Of one training.

    Args:
        iterations: of all its networks together.
        pixels: that encoders see in all iterations.
        memory: bytes at the peak; 0 for no limit.
    """

    iterations: int = 2_000_000
    pixels: int = 10**13
    memory: int = 0

    def check(
        self,
        tx: Transaction,
        project_id: str,
        recipe: AnyRecipe | ClassifierRecipe,
        pseudo: PseudoLabels | None = None,
    ) -> None:
        """Check that a training on the project's labels of today keeps within it.

        Raises:
            WorkTooLarge: it would not; says by how much, and what to lower.
        """
        images, objects, pixels = labeled_sizes(tx, project_id, LARGE)
        if pseudo is not None:
            pool = count_pool(tx, project_id)
            images += min(pseudo.images or pool, pool)
        work, options = work_of(recipe, TrainingData(images, objects, pixels)), recipe.to_dict()
        if work.iterations > self.iterations:
            self._refuse(f"{work.iterations} iterations", f"max_training_iterations is {self.iterations}", "iterations")
        if work.pixels > self.pixels:
            self._refuse(
                f"{work.iterations} iterations of {work.pixels // max(1, work.iterations)} pixels",
                f"max_training_pixels is {self.pixels}",
                f"iterations, {what_to_lower(options)}",
            )
        if self.memory and work.memory > self.memory:
            self._refuse(
                f"about {work.memory / GIB:.1f} GiB of memory",
                f"max_training_bytes is {self.memory / GIB:.1f} GiB",
                what_to_lower(options),
            )

    @staticmethod
    def _refuse(takes: str, limit: str, lower: str) -> None:
        raise WorkTooLarge(f"this training would take {takes}; {limit}: lower {lower}", field="overrides_json")
