"""Fits as tests make them: small, on the CPU, silent; and killed."""

from functools import partial

import torch

from maskloop.errors import Cancelled
from models.data.samples import ImageToScore
from models.kinds import networks

CPU = torch.device("cpu")


def silent(*_):
    pass


def fitted(examples, recipe, *, categories=(1, 2), fit=networks.fit, **more):
    options = {"seed": 0, "device": CPU, "checkpoint_dir": None, "progress": silent, **more}
    return fit(examples, categories, recipe, **options)


def file_of(model, folder, name="model"):
    model.save(folder / f"{name}.safetensors")
    return (folder / f"{name}.safetensors").read_bytes()


def images_of(examples):
    """With the content by which features are kept."""
    return [
        ImageToScore(item.image_id, partial(getattr, item, "pixels"), None, f"hash of {item.image_id}")
        for item in examples
    ]


def killing(after):
    """A progress that ends the fit when it is told the `after`-th time."""
    told = []

    def progress(_, message):
        told.append(message)
        if len(told) == after:
            raise Cancelled("killed")

    return progress
