"""Pascal VOC's segmentation task, as it lies on disk."""

from maskloop.formats.voc.reading import CATEGORIES, objects_of, read_voc

__all__ = ["CATEGORIES", "objects_of", "read_voc"]
