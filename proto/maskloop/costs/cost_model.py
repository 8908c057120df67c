"""What a label costs in seconds of annotator time.

Bellver, Salvador, Torres, Giro-i-Nieto, *Mask-guided sample selection for semi-supervised instance segmentation*,
section 4.2 (constants after Bearman et al. and Papadopoulos et al.): one second to say whether a category is present,
1.48 s for each category that is counted, 79 s for an outlined object, 7 s for a box by extreme clicks.

Points and scribbles: Lee, *Label-efficient learning for object recognition*, Table 2.1, prints 22.2 and 34.9 s an image
of Pascal VOC (20 classes, 1.5 of them present). Where absent classes are checked at 1 s each, that leaves
(22.2 - 18.5) / 1.5 = 2.47 s for a point and (34.9 - 18.5) / 1.5 = 10.93 s for a scribble on each present class.
(Bearman et al., *What's the point*, arrive at 22.1 s for points.)
"""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.values import Counts

SECONDS_A_CLASS_CHECK = 1.0
SECONDS_A_COUNTED_CLASS = 1.48
SECONDS_A_MASK = 79.0
SECONDS_A_BOX = 7.0
SECONDS_A_POINTED_CLASS = 2.47
SECONDS_A_SCRIBBLED_CLASS = 10.93


@dataclass(frozen=True)
class CostModel:
    """Planned seconds of an image's labels, for a vocabulary of `categories` classes."""

    categories: int

    def image_level(self) -> float:
        """IL = C: every class is checked."""
        return self.categories * SECONDS_A_CLASS_CHECK

    def counts(self, categories_present: float) -> float:
        """IL+C = C + 1.48 c: every class is checked, those present are counted."""
        return self.image_level() + SECONDS_A_COUNTED_CLASS * categories_present

    def points(self, categories_present: float) -> float:
        """(C - c) + 2.47 c: absent classes are checked, present ones are pointed at."""
        return self._absent(categories_present) + SECONDS_A_POINTED_CLASS * categories_present

    def scribbles(self, categories_present: float) -> float:
        """(C - c) + 10.93 c: absent classes are checked, present ones are scribbled on."""
        return self._absent(categories_present) + SECONDS_A_SCRIBBLED_CLASS * categories_present

    def boxes(self, categories_present: float, objects: float) -> float:
        """BB = (C - c) + 7 m: absent classes are checked, present ones show in their boxes."""
        return self._absent(categories_present) + SECONDS_A_BOX * objects

    def full(self, categories_present: float, objects: float) -> float:
        """Full = (C - c) + 79 m."""
        return self._absent(categories_present) + SECONDS_A_MASK * objects

    def full_label(self, counts: Counts, counts_paid_s: float = 0.0) -> float:
        """Seconds a full label of an image with these counts still costs when its counts were bought before.

        Never negative: the counts of an empty image cost no less than looking at it.
        """
        return max(0.0, self.full(counts.categories, counts.objects) - counts_paid_s)

    def counts_label(self, counts: Counts) -> float:
        """Seconds to count an image with these counts."""
        return self.counts(counts.categories)

    def ood_check(self) -> float:
        """One look: does the image hold what the classifier takes it for (Lee, section 2.5.2), a class check."""
        return SECONDS_A_CLASS_CHECK

    def cheapest_full(self) -> float:
        """Seconds of the cheapest full label: that of an image with nothing in it."""
        return self.full(0, 0)

    def _absent(self, categories_present: float) -> float:
        return (self.categories - categories_present) * SECONDS_A_CLASS_CHECK
