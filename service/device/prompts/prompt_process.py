"""The process that answers prompts, beside any training: one batch of calls after another, through a pipe.

    python -m service.device.prompts.prompt_process FD

As `service.device.process`, it never outlives the server.
"""

from __future__ import annotations

import gc
from multiprocessing.connection import Connection

from service.device.messages import AnswerMasks, DeviceSettings, MasksAnswered, Ready
from service.device.process import begin


def serve(pipe: Connection, settings: DeviceSettings) -> None:
    """Answer until the pipe closes; while nobody asks, measure the network that is not ours on labeled images.

    Raises:
        InvalidConfig: torch cannot use the device, or that network cannot be loaded.
    """
    import torch

    from models.encoders.feature_store import FeatureStore
    from models.foreign.load import load_foreign
    from models.foreign.names import ForeignName
    from service.artifacts.blobs import BlobStore
    from service.device.images import ImageReader
    from service.device.prompts.foreign_prompts import ForeignPrompts
    from service.device.prompts.prompts import Prompts
    from service.device.torch_device import find_device

    torch.set_num_threads(settings.threads)
    images = ImageReader(BlobStore(settings.blobs_url))
    features = FeatureStore(settings.features, settings.features_bytes)
    device, foreign = find_device(settings.device), None
    if settings.prompter:
        foreign = ForeignPrompts(load_foreign(ForeignName.parse(settings.prompter), device), images)
    prompts = Prompts(images, features, device, foreign)
    gc.freeze()  # what is loaded stays: a collection that looked through it would keep a caller waiting for 0.3 s
    pipe.send(Ready())
    while True:
        try:
            while foreign is not None and not pipe.poll() and foreign.measure_next():
                pass
            asked: AnswerMasks = pipe.recv()
            pipe.send(MasksAnswered(prompts.answer(asked.calls)))
        except (EOFError, OSError):  # the server is gone
            return


if __name__ == "__main__":
    begin("prompts", serve)
