"""`maskloop predict` with the active network of a real server."""

from __future__ import annotations

from pathlib import Path

from service.predict.outputs import WRITERS
from service.predict.pictures import name_pictures
from service.predict.run import Wanted, predict
from tests.service.processes import ServerProcess
from tests.service.squares import squares


def check_prediction(server: ServerProcess, tmp_path: Path) -> None:
    """The network of project `p`, in its file, outlines two pictures and leaves every format."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, data, _ in squares(2):
        (pictures / name).write_bytes(data)
    checkpoint = server.client.read_model(project_id="p", path=tmp_path / "model.safetensors")
    wanted = Wanted(tmp_path / "out", tuple(WRITERS))
    summary = predict(
        checkpoint, name_pictures([pictures], recursive=True), wanted, device="cpu", progress=lambda _: None
    )
    assert len(summary.pictures) == 2
    assert (tmp_path / "out" / "predictions.coco.json").is_file()
