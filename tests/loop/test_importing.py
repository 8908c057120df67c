"""Photographs that break off: passed over by name, whether they are referred to, sent whole or cut."""

import io
import uuid

import numpy as np
import pytest
from PIL import Image as Picture
from rich.console import Console

from maskloop.client import Client
from maskloop.client.local_server import LocalServer
from maskloop.datasets.read import read_data
from maskloop.datasets.subset import Excerpt
from maskloop.errors import InvalidImage
from maskloop.loop.arms import ArmName, Keeping, open_arm
from maskloop.loop.options import Options
from maskloop.loop.progress import LineProgress
from maskloop.values import Strategy

CUT = {f"{name}-{y}-{x}.png" for name in "ac" for y in (0, 30) for x in (0, 30)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three, one of them torn: its header is whole, so that only who reads all of it finds out."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(1)
    for name in ("a", "b", "c"):
        Picture.fromarray(rng.integers(0, 255, (60, 60, 3), dtype=np.uint8)).save(folder / f"{name}.jpg")
    whole = (folder / "b.jpg").read_bytes()
    (folder / "b.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture(scope="module")
def client(photos, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("server")
    server = LocalServer(workdir, "cpu", print, image_roots=[photos])
    with server, Client(server.address) as found:
        yield found


@pytest.mark.parametrize(
    ("crop", "is_referred", "names"),
    [(0, False, {"a.jpg", "c.jpg"}), (0, True, {"a.jpg", "c.jpg"}), (30, False, CUT)],
)
def test_a_photo_that_breaks_off_is_passed_over_and_told(client, photos, tmp_path, crop, is_referred, names):
    options = Options(budget="1h", data=f"images:{photos}", classes="crack", labeler=f"folder:{tmp_path / 'todo'}")
    data = read_data(options.data, tmp_path, 0, Excerpt(("crack",), crop=crop))
    out = io.StringIO()
    progress = LineProgress(Console(file=out, width=200), lambda: 0.0)
    for _ in range(2):  # the second time as a run that is taken up again
        session = open_arm(
            client,
            ArmName(Strategy("random"), f"torn-{crop}-{is_referred}".lower()),
            data,
            options=options,
            run_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{crop}-{is_referred}")),
            progress=progress,
            clock=lambda: 0.0,
            keeping=Keeping(referred=(photos,) if is_referred else ()),
        )
        assert {image.file_name for image in session.images.values()} == names
    assert "passed over:\n  b" in out.getvalue()
    assert "does not decode" in out.getvalue()


def test_other_data_stops_at_it_unless_bad_entries_are_to_be_skipped(client, photos, tmp_path):
    data = read_data(f"images:{photos}", tmp_path, 0, Excerpt(("crack",)))
    for on_bad in ("stop", "skip"):
        options = Options(budget="1h", data="coco:x", on_bad=on_bad)
        progress = LineProgress(Console(file=io.StringIO()), lambda: 0.0)
        name = ArmName(Strategy("random"), f"torn-{on_bad}")

        def begin(name=name, options=options, progress=progress, on_bad=on_bad):
            return open_arm(
                client,
                name,
                data,
                options=options,
                run_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, on_bad)),
                progress=progress,
                clock=lambda: 0.0,
            )

        if on_bad == "stop":
            with pytest.raises(InvalidImage, match=r"b\.jpg does not decode"):
                begin()
        else:
            assert len(begin().images) == 2
