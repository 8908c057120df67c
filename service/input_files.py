"""The files that a prediction starts from, looked for before anything that takes long to import."""

from __future__ import annotations

from pathlib import Path

from maskloop.errors import InvalidDataset, ModelNotFound

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")


def check_files(model: Path, images: Path) -> None:
    """Refuse a model or pictures that are not there.

    Args:
        model: a file.
        images: a picture, or a folder.

    Raises:
        ModelNotFound: there is no file at `model`.
        InvalidDataset: there is nothing at `images`.
    """
    if not model.is_file():
        raise ModelNotFound(f"there is no model at {model}", path=model)
    if not images.exists():
        raise no_picture(images)


def no_picture(images: Path) -> InvalidDataset:
    """The refusal of a place without pictures."""
    return InvalidDataset(f"there is no picture ({', '.join(SUFFIXES)}) at {images}", field=str(images))
