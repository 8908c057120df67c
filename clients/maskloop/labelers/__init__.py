"""Who answers when images are asked for: the data's own labels, or people."""

from maskloop.labelers.folder import FolderLabeler
from maskloop.labelers.labeler import Answers, Labeler, Task
from maskloop.labelers.person import Person
from maskloop.labelers.simulated import GroundTruthLabeler
from maskloop.labelers.web import WebLabeler

__all__ = ["Answers", "FolderLabeler", "GroundTruthLabeler", "Labeler", "Person", "Task", "WebLabeler"]
