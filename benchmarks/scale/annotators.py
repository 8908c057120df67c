"""128 annotators at once on one server, alone and while it trains: how long SelectBatch takes, commit included.

Each annotator asks for two images more, again and again: first without a pause, so that all wait for one another; then
with pauses of five seconds in the mean (exponential), as people make. A training of another project takes what the
processor has left. Every batch is the next two images of the slow and obvious selection, and no image comes twice.
"""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import numpy as np
from PIL import Image as Picture

from benchmarks.selection.selection import fill, serving
from maskloop.client import Client
from maskloop.masks import Mask
from maskloop.v1 import campaigns_pb2, labels_pb2
from maskloop.v1.campaigns_pb2_grpc import CampaignServiceStub
from maskloop.values import ImageImport, ObjectLabel, Split
from service.artifacts.data_folder import DataFolder

ANNOTATORS = 128
SIZE = 20_000
IMAGES = 2
AT_ONCE = 6  # calls of each annotator without a pause
PAUSED_S = 25.0
PAUSE_S = 5.0
DEADLINE_S = 60.0
SIDE = 64


def main() -> None:
    """Print a line for each way of asking, alone and while a model is trained."""
    load = os.getloadavg()[0]
    print(f"SelectBatch of {IMAGES} images by {ANNOTATORS} annotators, {SIZE} scored images; load {load:.1f}")
    print("| | calls | calls a second | p50 ms | p99 ms | longest ms |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        data = DataFolder(Path(folder))
        expected = fill(data, SIZE)
        with serving(data.root) as address:
            asyncio.run(measure(address, expected))


async def measure(address: str, expected: Iterator[str]) -> None:
    """Ask in both ways, then again while a model is trained."""
    rng = np.random.default_rng(0)
    async with grpc.aio.insecure_channel(address) as channel:
        select = CampaignServiceStub(channel).SelectBatch
        people = [Annotator(f"ann-{number}", select, rng.spawn(1)[0]) for number in range(ANNOTATORS)]
        for told in ("", ", while training"):
            async with training(address) if told else idle():
                told_of("all at once" + told, await at_once(people))
                told_of(f"pauses of {PAUSE_S:g} s" + told, await paused(people))
    given = [batch for person in people for batch in person.batches]
    in_order = [image for _, one, two in given for image in (one, two)]
    first = [next(expected) for _ in in_order]
    assert len(set(in_order)) == len(in_order)
    assert set(in_order) == set(first)
    place = {image: number for number, image in enumerate(first)}
    for _, one, two in given:
        assert place[one] % IMAGES == 0
        assert place[two] == place[one] + 1


class Annotator:
    """One person: every answer of theirs with the time it came, and how long it took."""

    def __init__(self, name: str, select: grpc.aio.UnaryUnaryMultiCallable, rng: np.random.Generator) -> None:
        self.name, self.select, self.rng = name, select, rng
        self.batches: list[tuple[float, str, str]] = []

    async def ask(self) -> float:
        """Ask for two images more. Returns the seconds that it took."""
        request = campaigns_pb2.SelectBatchRequest(
            project_id="p",
            campaign_id="c",
            annotator=self.name,
            kind=labels_pb2.SUPERVISION_KIND_FULL,
            images=IMAGES,
            beside_held=True,
            request_id=f"{self.name}/{len(self.batches)}",
        )
        begun = time.perf_counter()
        batch = await self.select(request, timeout=DEADLINE_S)
        ended = time.perf_counter()
        one, two = (pick.image_id for pick in batch.picks)
        self.batches.append((ended, one, two))
        return ended - begun


async def at_once(people: list[Annotator]) -> tuple[list[float], float]:
    """(seconds of each call, seconds in all) where nobody pauses."""

    async def work(person: Annotator) -> list[float]:
        return [await person.ask() for _ in range(AT_ONCE)]

    begun = time.perf_counter()
    taken = await asyncio.gather(*map(work, people))
    return [seconds for each in taken for seconds in each], time.perf_counter() - begun


async def paused(people: list[Annotator]) -> tuple[list[float], float]:
    """(seconds of each call, seconds in all) where people pause before they ask."""
    until = time.perf_counter() + PAUSED_S

    async def work(person: Annotator) -> list[float]:
        taken = []
        while time.perf_counter() + (pause_s := float(person.rng.exponential(PAUSE_S))) < until:
            await asyncio.sleep(pause_s)
            taken.append(await person.ask())
        return taken

    taken = await asyncio.gather(*map(work, people))
    return [seconds for each in taken for seconds in each], PAUSED_S


@asynccontextmanager
async def training(address: str) -> AsyncIterator[None]:
    """A training that lasts as long as this."""
    with Client(address) as client:
        client.create_project(project_id="beside", categories=["square"])
        client.import_images(project_id="beside", images=labeled())
        overrides = {"image_size": SIDE, "iterations": 100_000}
        operation = client.train_model(project_id="beside", recipe="compact", overrides=overrides)
        while client.get_operation(operation_id=operation.id).progress <= 0:
            await asyncio.sleep(0.5)
        yield
        client.cancel_operation(operation_id=operation.id)


@asynccontextmanager
async def idle() -> AsyncIterator[None]:
    """Nothing else happens."""
    yield


def labeled() -> Iterator[ImageImport]:
    """A few squares to learn from."""
    for place in range(24):
        pixels, shown = np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.bool_)
        shown[place : place + 20, place : place + 20] = True
        pixels[shown] = 200
        file = io.BytesIO()
        Picture.fromarray(pixels).save(file, "PNG")
        objects = (ObjectLabel(1, Mask.from_array(shown)),)
        yield ImageImport(f"{place}.png", Split.TRAIN, data=file.getvalue(), objects=objects)


def told_of(what: str, measured: tuple[list[float], float]) -> None:
    """One line."""
    taken, whole_s = measured
    middle, late, longest = np.percentile(np.array(taken) * 1e3, (50, 99, 100))
    print(
        f"| {what} | {len(taken)} | {len(taken) / whole_s:.0f} | {middle:.0f} | {late:.0f} | {longest:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
