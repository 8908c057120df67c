"""ProposeMasks through a real server, beside the bare forward pass of the mask head that it waits for.

    python -m benchmarks prompts

A box each in pictures of 512 pixels: one client alone, then sixteen at once, with features kept and then without. The
bare passes are of the same network on the same boxes, in this process, with as many threads: the mask head's for one
region, and what is computed before it, the maps of a picture. They take turns with the calls of the client that is
alone, so that a busy moment of the machine meets both. Every answer must be what the network says here, to the last
pixel, whoever asked beside it.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Picture

from maskloop.client import Client
from maskloop.client.local_server import LocalServer
from maskloop.datasets.demo.pictures import CATEGORIES, DemoDifficulty, demo_picture
from maskloop.values import ImageImport, ObjectLabel, Prompt, Split, with_ids
from models.data.samples import Example, ImageToScore
from models.predictor import PromptedImage
from models.pretrained.model import FittedPretrained

SIDE, LABELED, POOL, FRESH = 512, 8, 24, 24
CALLS, CLIENTS = 240, 16
THREADS = 2
RECIPE = {"masks": "regions", "min_iterations": 40, "max_iterations": 40}
CPU = torch.device("cpu")
Asked = tuple[str, Prompt]
Pass = Callable[[], tuple[float, float]]


def main() -> None:
    """Print a table of latencies, and their medians as multiples of the bare passes."""
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as client:
        examples = fill(client)
        model = FittedPretrained.load(client.read_model(project_id="p", path=Path(folder) / "model"), CPU)
        kept, fresh = split(examples)
        warm_s = timed(lambda: ask(client, kept[0]))
        for asked in kept:
            ask(client, asked)
        expected = answers(model, examples, [*kept, *fresh], client)
        repeated = [kept[number % len(kept)] for number in range(CALLS)]
        alone, head_ms, maps_ms = by_turns(client, repeated, expected, bare(model, examples, kept))
        rows = {
            "alone, features kept": alone,
            f"{CLIENTS} clients, features kept": latencies(client, repeated, expected, CLIENTS),
            "alone, features to be made": latencies(client, fresh[: FRESH // 2], expected, 1),
            f"{CLIENTS} clients, features to be made": latencies(client, fresh[FRESH // 2 :], expected, CLIENTS),
        }
    show(rows, warm_s, head_ms, maps_ms)


@contextmanager
def serving(folder: Path) -> Iterator[Client]:
    """A client of a real server, with as many threads for torch as this process has."""
    with (
        LocalServer(folder, "cpu", print, threads=THREADS, waiting_prompts=2 * CLIENTS) as server,
        Client(server.address, timeout_s=120) as client,
    ):
        yield client


def fill(client: Client) -> Mapping[str, Example]:
    """A project with an active model; the pictures by image id."""
    pictures = [
        demo_picture(np.random.default_rng((0, number)), SIDE, DemoDifficulty())
        for number in range(LABELED + POOL + FRESH)
    ]
    client.create_project(project_id="p", categories=[category.name for category in CATEGORIES])
    imports = [
        ImageImport(
            f"{number:03}.png",
            Split.TRAIN if number < LABELED else Split.POOL,
            data=png(picture.pixels),
            objects=picture.objects if number < LABELED else None,
        )
        for number, picture in enumerate(pictures)
    ]
    images = client.import_images(project_id="p", images=imports)
    client.wait_operation(client.train_model(project_id="p", overrides=RECIPE))
    return {
        image.id: Example(image.id, picture.pixels, picture.objects)
        for image, picture in zip(images, pictures, strict=True)
    }


def png(pixels: np.ndarray) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def split(examples: Mapping[str, Example]) -> tuple[list[Asked], list[Asked]]:
    """A box in each of the pool's pictures whose features are kept, and of those that nobody has looked at."""
    asked = [(name, boxed(example.objects[0])) for name, example in list(examples.items())[LABELED:]]
    return asked[:POOL], asked[POOL:]


def boxed(item: ObjectLabel) -> Prompt:
    """The box of an object."""
    return Prompt(box=item.mask.box)


def ask(client: Client, asked: Asked) -> str:
    """The id of the mask of a box."""
    (proposal,) = client.propose_masks(project_id="p", image_id=asked[0], prompts=[asked[1]]).proposals
    return proposal.id


def answers(
    model: FittedPretrained, examples: Mapping[str, Example], asked: Sequence[Asked], client: Client
) -> Mapping[Asked, str]:
    """The id of every mask as the network says it here; an id is made of category and pixels."""
    version = client.get_model(project_id="p").id
    expected = {}
    for image_id, prompt in asked:
        item = ImageToScore.of(examples[image_id], counted=False)
        (found,) = model.propose([PromptedImage(item, examples[image_id].size, (prompt,))])
        expected[image_id, prompt] = with_ids(version, image_id, found)[0].id
    return expected


def latency(client: Client, asked: Asked, expected: Mapping[Asked, str]) -> float:
    """Milliseconds of a call whose answer is checked."""
    begun = time.perf_counter()
    made = ask(client, asked)
    taken = 1000 * (time.perf_counter() - begun)
    assert made == expected[asked], f"another mask in image {asked[0]}"
    return taken


def latencies(client: Client, asked: Sequence[Asked], expected: Mapping[Asked, str], clients: int) -> list[float]:
    """Milliseconds of every call, so many at once."""
    with ThreadPoolExecutor(clients) as threads:
        return list(threads.map(lambda one: latency(client, one, expected), asked))


def by_turns(
    client: Client, asked: Sequence[Asked], expected: Mapping[Asked, str], passes: Mapping[Asked, Pass]
) -> tuple[list[float], float, float]:
    """Milliseconds of every call, and the medians of the bare mask head and the bare maps that ran between them."""
    taken, heads, maps = [], [], []
    for one in asked:
        taken.append(latency(client, one, expected))
        head_ms, maps_ms = passes[one]()
        heads.append(head_ms)
        maps.append(maps_ms)
    return taken, statistics.median(heads), statistics.median(maps)


def timed(call: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def bare(model: FittedPretrained, examples: Mapping[str, Example], asked: Sequence[Asked]) -> Mapping[Asked, Pass]:
    """What gives the milliseconds of the mask head for one region, and of a picture's maps; tensors made before."""
    return {one: bare_pass(model, examples[one[0]], one[1]) for one in asked}


def bare_pass(model: FittedPretrained, example: Example, prompt: Prompt) -> Pass:
    """As `bare`, of one call."""
    (seen,) = next(model.encoder.encoded([ImageToScore.of(example, counted=False)], 1))
    x, y, width, height = prompt.box or (0.0, 0.0, 1.0, 1.0)
    boxes = torch.tensor([[x, y, x + width, y + height]]) / SIDE
    seeds, first = (boxes[:, :2] + boxes[:, 2:]) / 2, torch.zeros(1, dtype=torch.int64)
    with torch.inference_mode():
        taps = model.network.scaled(model.encoder.tensors([seen.picture.taps]))

    @torch.inference_mode()
    def run() -> tuple[float, float]:
        begun = time.perf_counter()
        maps = model.network(taps)
        made = time.perf_counter()
        model.network.masks(maps, first, seeds, boxes)
        return 1000 * (time.perf_counter() - made), 1000 * (made - begun)

    return run


def show(rows: Mapping[str, Sequence[float]], warm_s: float, head_ms: float, maps_ms: float) -> None:
    """Print the table."""
    print(f"ProposeMasks, one box in {SIDE} x {SIDE} pixels, {THREADS} threads, {os.cpu_count()} cores")
    print(f"bare: the mask head for one region {head_ms:.1f} ms, a picture's maps {maps_ms:.1f} ms")
    print(f"the first call, which begins the process: {warm_s:.1f} s")
    print("| calls | number | p50, ms | p95, ms | p99, ms | p50 to the mask head | p50 to maps and mask head |")
    print("|---|---|---|---|---|---|---|")
    for name, taken in rows.items():
        p50, p95, p99 = np.percentile(taken, (50, 95, 99))
        print(
            f"| {name} | {len(taken)} | {p50:.1f} | {p95:.1f} | {p99:.1f} | {p50 / head_ms:.1f} "
            f"| {p50 / (head_ms + maps_ms):.1f} |"
        )


if __name__ == "__main__":
    main()
