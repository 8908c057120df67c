"""COCO instance data: read in the layouts people have, read back from labeling tools, and written."""

from maskloop.formats.coco.boxes import boxes_document
from maskloop.formats.coco.finished import read_finished_boxes, read_finished_coco
from maskloop.formats.coco.proposals import proposals_document
from maskloop.formats.coco.reading import read_coco, read_coco_folder
from maskloop.formats.coco.writing import coco_document, write_coco

__all__ = [
    "boxes_document",
    "coco_document",
    "proposals_document",
    "read_coco",
    "read_coco_folder",
    "read_finished_boxes",
    "read_finished_coco",
    "write_coco",
]
