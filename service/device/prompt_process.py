"""The process that answers prompts, beside any training: one batch of calls after another, through a pipe.

    python -m service.device.prompt_process FD

As `service.device.process`, it never outlives the server.
"""

from __future__ import annotations

from multiprocessing.connection import Connection

from service.device.messages import AnswerMasks, DeviceSettings, MasksAnswered, Ready
from service.device.process import begin


def serve(pipe: Connection, settings: DeviceSettings) -> None:
    """Answer until the pipe closes.

    Raises:
        InvalidConfig: torch cannot use the device.
    """
    import torch

    from models.encoders.feature_store import FeatureStore
    from service.artifacts.blobs import BlobStore
    from service.device.images import ImageReader
    from service.device.prompts import Prompts
    from service.device.torch_device import find_device

    torch.set_num_threads(settings.threads)
    images = ImageReader(BlobStore(settings.blobs_url))
    features = FeatureStore(settings.features, settings.features_bytes)
    prompts = Prompts(images, features, find_device(settings.device))
    pipe.send(Ready())
    while True:
        try:
            asked: AnswerMasks = pipe.recv()
            pipe.send(MasksAnswered(prompts.answer(asked.calls)))
        except (EOFError, OSError):  # the server is gone
            return


if __name__ == "__main__":
    begin("prompts", serve)
