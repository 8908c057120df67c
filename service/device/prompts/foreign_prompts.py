"""The network that is not ours, for several projects: measured on their labels while nobody asks for anything."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, field

from models.foreign.heads import CrossFitted
from models.foreign.network import ForeignNetwork
from models.iou_head.calibrator import CalibrationSet
from service.artifacts.image_file import ImageFile
from service.device.images import ImageReader
from service.device.messages import Labeled

PROJECTS = 16  # of which something is known
logger = logging.getLogger(__name__)


@dataclass
class _Project:
    """What is known of a project: rows by label, `None` of one that could not be looked at, and the head of them."""

    labeled: Labeled
    rows: dict[str, CalibrationSet | None] = field(default_factory=dict)
    head: CrossFitted = field(default_factory=CrossFitted)
    fitted_on: frozenset[str] = frozenset()

    def told(self, labeled: Labeled) -> None:
        """What the project is now: rows of other labels are forgotten, all of them with another vocabulary."""
        if labeled.categories != self.labeled.categories:
            self.rows, self.head, self.fitted_on = {}, CrossFitted(), frozenset()
        self.labeled = labeled
        current = {image.label_id for image in labeled.images}
        self.rows = {label_id: row for label_id, row in self.rows.items() if label_id in current}

    @property
    def next_image(self) -> ImageFile | None:
        """A labeled image that the network has not been measured on."""
        return next((image for image in self.labeled.images if image.label_id not in self.rows), None)

    def fit(self) -> bool:
        """Fit the head, if it was fitted on other labels. Returns whether it did."""
        if self.fitted_on == (now := frozenset(self.rows)):
            return False
        rows = [row for row in self.rows.values() if row is not None and len(row.ious)]
        self.head = CrossFitted.fit(CalibrationSet.join(*rows)) if rows else CrossFitted()
        self.fitted_on = now
        return True


class ForeignPrompts:
    """A network that is not ours, and its heads.

    It is measured on labeled images one at a time, between calls: it looks at an image for seconds, and nobody shall
    wait for it. Until a project's have been seen, its own scores are passed on, and `uncalibrated` says so.

    Args:
        network: of no project.
        images: reads image files.
    """

    def __init__(self, network: ForeignNetwork, images: ImageReader) -> None:
        self._network, self._images = network, images
        self._projects: OrderedDict[str, _Project] = OrderedDict()

    def network(self, labeled: Labeled) -> ForeignNetwork:
        """The network with the head that a project has by now."""
        project = self._projects.pop(labeled.project_id, None) or _Project(labeled)
        self._projects[labeled.project_id] = project
        while len(self._projects) > PROJECTS:
            self._projects.popitem(last=False)
        project.told(labeled)
        return self._network.of_project(labeled.categories, project.head)

    def measure_next(self) -> bool:
        """Look at one labeled image, of the project asked for last; after its last one, fit its head.

        Returns whether there was something to do.
        """
        for project in reversed(self._projects.values()):
            image = project.next_image
            if image is not None:
                project.rows[image.label_id] = self._measured(project, image)
                return True
            if project.fit():
                return True
        return False

    def _measured(self, project: _Project, image: ImageFile) -> CalibrationSet | None:
        network = self._network.of_project(project.labeled.categories, CrossFitted())
        try:
            return network.measure(self._images.example(image))
        except Exception:
            logger.exception("%s could not be measured on image %s", network.name, image.image_id)
            return None
