"""Who answers when images are asked for: the data's own labels, or people."""

from maskloop.loop.labelers.folder import FolderLabeler
from maskloop.loop.labelers.ground_truth import GroundTruthLabeler
from maskloop.loop.labelers.task import Answers, Labeler, Task

__all__ = ["Answers", "FolderLabeler", "GroundTruthLabeler", "Labeler", "Task"]
