"""The one reader of image files in the device process, and what the models take them as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskloop.formats.images import decode_image
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore, LargeExample
from models.kinds.work import LARGE
from models.predictor import PromptedImage
from service.artifacts.blobs import BlobStore
from service.artifacts.image_file import ImageFile


class ImageReader:
    """Reads image files.

    Args:
        blobs: where their contents are.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def pixels(self, image: ImageFile) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB, upright.

        Raises:
            NotFound: the content is gone.
            InvalidImage: the file does not decode.
        """
        return decode_image(self._blobs.read(image.sha256), image.file_name).pixels

    def example(self, image: ImageFile) -> Example:
        """The image and its objects, to learn from or to measure a model on."""
        pixels = self.pixels(image)
        height, width, _ = pixels.shape
        said: dict[str, Any] = {
            "boxes": image.boxes,
            "marks": image.marks,
            "present": frozenset(image.present) or None,
            "rejected": image.rejected,
        }
        if height * width > LARGE:
            return LargeExample(image.image_id, (height, width), partial(self.pixels, image), image.objects, **said)
        return Example(image.image_id, pixels, image.objects, **said)

    def class_example(self, image: ImageFile) -> ClassExample:
        """The image and the categories that it holds, for a classifier to learn from."""
        return ClassExample(image.image_id, self.pixels(image), frozenset(image.present))

    def class_examples(self, images: Sequence[ImageFile]) -> Iterable[ClassExample]:
        """The same of several, each read when its turn comes, and anew whenever they are gone through."""
        return _ClassExamples(self, images)

    def prompted(self, image: ImageFile) -> PromptedImage:
        """The image and what its label shows of each object."""
        height, width, _ = self.pixels(image).shape
        return PromptedImage(self.to_score(image), (height, width), image.prompts)

    def to_score(self, image: ImageFile) -> ImageToScore:
        """The image and what is known of it, decoded when its turn comes."""
        present = frozenset(image.present) if image.label_id else None
        return ImageToScore(image.image_id, partial(self.pixels, image), image.counts, image.sha256, present)


@dataclass(frozen=True)
class _ClassExamples:
    """See `ImageReader.class_examples`."""

    reader: ImageReader
    images: Sequence[ImageFile]

    def __iter__(self) -> Iterator[ClassExample]:
        return map(self.reader.class_example, self.images)
