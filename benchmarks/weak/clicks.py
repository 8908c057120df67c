"""Masks from clicks: what they save of the time that outlines take, beside outlines of as many seconds.

    python -m benchmarks clicks [--sets demo road_cracks large] [--seeds 0 1 2] [--out clicks.jsonl]

Clicks are simulated from true outlines: one on every object's inner point, and one an image and class where the image
is emptiest; images without a class are known to hold none. A U-Net a class learns from them, and its maps of unseen
images become masks: `gradcam` is without a step, `advcam` with two, each at several thresholds of which the paper has
.1. `outlines` is the network of the recipe `pretrained`, of outlines that take as many seconds as the clicks did. Which
classes an unseen image holds is known.

Time saved is by bands (Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual
inspection of civil infrastructures*, 2022), by class, over all objects (micro) and over classes (macro). An object's
IoU is with the proposal of its class that it is matched with. `large` measures tiles a second and the peak of memory on
a picture of 5,000 x 5,000 pixels, in a process of its own. Lines that are there already are not computed again.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from benchmarks.campaigns.assisted import Kept, lines, trained
from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import draw
from maskloop.costs.corrections import time_saved
from maskloop.costs.cost_model import SECONDS_A_CLASS_CHECK, SECONDS_A_FIRST_POINT, CostModel
from maskloop.datasets.demo.pictures import DemoDifficulty, demo_picture
from maskloop.masks import Mask
from maskloop.matching import match_within_class
from maskloop.values import ObjectLabel, ObjectProposal
from models.classification.unet.clicks import Click, ClickedImage, inner_point
from models.classification.unet.model import FittedUnet
from models.classification.unet.network import build_unet
from models.classification.unet.recipe import resolve_unet
from models.classification.unet.train import train_unet
from models.data.samples import Example, ImageToScore
from models.encoders.feature_store import FeatureStore
from models.localization.tiled.advcam import TiledAdvCam
from models.localization.tiled.tiles import Tiling
from models.proposals.defect_masks import DefectMaking, regions_of
from models.training.cache import NetworkCache

SETS = ("demo", "road_cracks", "large")
DEMO_SIDE, DEMO_CLASSES = 256, (1, 2, 3)
STEPS = {"gradcam": 0, "advcam": 2}
THRESHOLDS = (0.1, 0.3, 0.5)
FLOORS = (0.0, 0.5)  # of the annotation network's confidence; what masks of clicks are worth is not asked either
OUTLINES = "outlines"
SIDE = 5000
BESIDE = 12  # pixels between a click beside and the nearest object
CPU = torch.device("cpu")
Proposed = Callable[[Example, float], Sequence[ObjectProposal]]


def setting(name: str, seed: int, asked: argparse.Namespace) -> Setting:
    """Images to click on, drawn by the seed, and unseen ones."""
    if name != "demo":
        return draw(name, asked.learnt, asked.unseen, seed)
    return Setting(name, _pictures(asked.learnt, 2 * seed), _pictures(asked.unseen, 2 * seed + 1), DEMO_CLASSES)


def _pictures(number: int, key: int) -> list[Example]:
    """Of the demo, those with objects."""
    made: list[Example] = []
    place = 0
    while len(made) < number:
        picture = demo_picture(np.random.default_rng((key, place)), DEMO_SIDE, DemoDifficulty())
        if picture.objects:
            made.append(Example(f"{key}-{place:04}", picture.pixels, picture.objects))
        place += 1
    return made


def clicked(example: Example, categories: Sequence[int]) -> ClickedImage:
    """What a person clicks on."""
    clicks = []
    for item in example.objects:
        x, y = inner_point(item.mask)
        clicks.append(Click(y, x, item.category_id))
    there = {item.category_id for item in example.objects}
    for category_id in sorted(there):
        objects = np.any([item.mask.to_array() for item in example.objects if item.category_id == category_id], axis=0)
        empty = ndimage.distance_transform_edt(~objects) > BESIDE
        if empty.any():
            x, y = inner_point(Mask.from_array(empty))
            clicks.append(Click(y, x, category_id, on=False))
    return ClickedImage(example.image_id, example.pixels, tuple(clicks), frozenset(categories) - there)


def measure(name: str, seed: int, ways: Sequence[str], asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A line for each way and threshold."""
    drawn = setting(name, seed, asked)
    images = [clicked(example, drawn.categories) for example in drawn.labeled]
    number = sum(len(image.clicks) for image in images)
    seconds = number * SECONDS_A_FIRST_POINT + SECONDS_A_CLASS_CHECK * sum(len(image.absent) for image in images)

    @cache
    def unet() -> FittedUnet:
        recipe = resolve_unet(asked.recipe, crop=asked.crop, batch=asked.batch, iterations=asked.iterations)
        return train_unet(
            images, drawn.categories, recipe, seed=seed, device=CPU, checkpoint_dir=None, progress=lambda *_: None
        )

    for way in ways:
        began = time.process_time()
        labels: dict[str, Any]
        if way == OUTLINES:
            some = worth(drawn, seconds)
            propose, labels = by_outlines(drawn, some, seed), {"outlines": sum(len(each.objects) for each in some)}
        else:
            propose, labels = by_clicks(unet(), STEPS[way]), {"clicks": number}
        fitted_s = time.process_time() - began
        for threshold in THRESHOLDS if way != OUTLINES else FLOORS:
            began = time.process_time()
            saved = saved_on(drawn, partial(propose, threshold=threshold))
            yield {
                "set": name,
                "seed": seed,
                "way": way,
                "threshold": threshold,
                **saved,
                **labels,
                "people_s": round(seconds, 1),
                "fitting_s": round(fitted_s, 1),
                "proposing_s": round(time.process_time() - began, 1),
            }


def worth(drawn: Setting, seconds: float) -> list[Example]:
    """The first images whose outlines take so many seconds, one at least."""
    prices, some, spent = CostModel(len(drawn.categories)), list[Example](), 0.0
    for example in drawn.labeled:
        spent += prices.full(len({item.category_id for item in example.objects}), len(example.objects))
        if some and spent > seconds:
            break
        some.append(example)
    return some


def by_clicks(fitted: FittedUnet, steps: int) -> Callable[..., list[ObjectProposal]]:
    """Proposals of the U-Nets of the classes that an image holds; maps are made once for all thresholds."""
    kept: dict[tuple[str, int], np.ndarray[Any, np.dtype[np.float32]]] = {}
    method = TiledAdvCam(steps=steps, tiling=Tiling(512, 128))

    def propose(example: Example, *, threshold: float) -> list[ObjectProposal]:
        found = []
        for category_id in sorted({item.category_id for item in example.objects}):
            key = (example.image_id, category_id)
            if key not in kept:
                network, index = fitted.network_of(category_id)
                (maps,) = method.maps(network, [example.pixels], [(index,)])
                kept[key] = maps.whole[0].numpy()
            making = DefectMaking(threshold, closing=5, least_area=40)
            for region in regions_of(kept[key], making):
                sure = min(1.0, region.confidence)
                found.append(
                    ObjectProposal(category_id, region.mask(example.size), predicted_iou=sure, confidence=sure)
                )
        return found

    return propose


def by_outlines(drawn: Setting, some: Sequence[Example], seed: int) -> Callable[..., list[ObjectProposal]]:
    """Proposals of the annotation network."""
    with TemporaryDirectory() as folder:
        kept = Kept(FeatureStore(Path(folder) / "f", 1 << 30), NetworkCache(Path(folder) / "n", 1 << 28))
        model = trained(drawn, some, seed, kept, None).keeping(FeatureStore(None, 0))

    def propose(example: Example, *, threshold: float) -> list[ObjectProposal]:
        item = ImageToScore(example.image_id, lambda: example.pixels)
        (prediction,) = model.predict([item], device=CPU, batch_size=1)
        return [each for each in prediction.proposals.objects if each.mask.area and each.confidence >= threshold]

    return propose


def saved_on(drawn: Setting, propose: Callable[[Example], list[ObjectProposal]]) -> dict[str, Any]:
    """Time saved and mean IoU on unseen images, and how many proposals there were for how many objects."""
    groups: dict[str, list[float]] = {}
    proposals = 0
    for example in drawn.unseen:
        found = propose(example)
        proposals += len(found)
        for item, iou in zip(example.objects, ious_of(found, example.objects), strict=True):
            groups.setdefault(str(item.category_id), []).append(iou)
    saved = time_saved(groups)
    return {
        "saved": {name: round(share, 4) for name, share in sorted(saved.shares.items())},
        "micro": round(saved.micro, 4),
        "macro": round(saved.macro, 4),
        "mean_iou": {name: round(float(np.mean(ious)), 4) for name, ious in sorted(groups.items())},
        "objects": sum(map(len, groups.values())),
        "proposals": proposals,
    }


def ious_of(found: Sequence[ObjectProposal], objects: Sequence[ObjectLabel]) -> list[float]:
    """Of every object its IoU with the proposal that it is matched with, 0 for none."""
    places, ious = match_within_class(found, objects)
    matched: Mapping[int, float] = {
        int(place): float(iou) for place, iou in zip(places, ious, strict=True) if place >= 0
    }
    return [matched.get(place, 0.0) for place in range(len(objects))]


def large(recipe: str, steps: int, side: int) -> dict[str, Any]:
    """Tiles a second and MiB above what was there before, of one map of a large picture and its masks."""
    network = build_unet(resolve_unet(recipe, weights=""), 1).eval()
    blocks = np.random.default_rng(0).integers(0, 256, (-(-side // 50), -(-side // 50), 3), dtype=np.uint8)
    pixels = blocks.repeat(50, axis=0).repeat(50, axis=1)[:side, :side]
    method = TiledAdvCam(steps=steps)
    method.maps(network, [pixels[:64, :64]], [(0,)])
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    began = time.perf_counter()
    (maps,) = method.maps(network, [pixels], [(0,)])
    seconds = time.perf_counter() - began
    regions_of(maps.whole[0].numpy(), DefectMaking(0.5))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / 2**20
    tiles = sum(1 for _ in method.tiling.tiles((side, side)))
    assert peak < 2048, peak
    line = {"tiles": tiles, "seconds": seconds, "tiles_per_s": tiles / seconds, "peak_mib": peak}
    return {key: round(value, 3) for key, value in line.items()}


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks clicks")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--ways", nargs="+", default=[*STEPS, OUTLINES], choices=[*STEPS, OUTLINES])
    parser.add_argument("--recipe", default="pretrained", help="of the U-Net")
    parser.add_argument("--crop", type=int, default=96)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--iterations", type=int, default=120)
    parser.add_argument("--learnt", type=int, default=60, help="images")
    parser.add_argument("--unseen", type=int, default=20)
    parser.add_argument("--side", type=int, default=SIDE, help="of the large picture, pixels")
    parser.add_argument("--steps", type=int, default=0, help="on the large picture")
    parser.add_argument("--alone", action="store_true", help="measure the large picture in this process")
    parser.add_argument("--out", type=Path, default=Path("clicks.jsonl"))
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(large(asked.recipe, asked.steps, asked.side)))
        return
    torch.set_num_threads(1)
    sizes = {name: getattr(asked, name) for name in ("recipe", "crop", "batch", "iterations", "learnt", "unseen")}
    done = {_key(line) for line in lines(asked.out)}
    for seed in asked.seeds:
        for name in asked.sets:
            if name == "large":
                continue
            ways = [way for way in asked.ways if _key({"set": name, "seed": seed, "way": way, **sizes}) not in done]
            for line in measure(name, seed, ways, asked) if ways else ():
                _keep(asked.out, {**line, **sizes})
    size = {"set": "large", "seed": 0, "way": f"{asked.steps} steps", "recipe": asked.recipe, "side": asked.side}
    if "large" in asked.sets and _key(size) not in done:
        told = [f"--{name}={getattr(asked, name)}" for name in ("recipe", "steps", "side")]
        command = [sys.executable, "-m", "benchmarks", "clicks", "--alone", *told]
        measured = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        _keep(asked.out, {**size, **json.loads(measured)})


def _key(line: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("set", "seed", "way", "recipe", "crop", "batch", "iterations", "learnt", "unseen", "side")
    return tuple(line.get(name) for name in names)


def _keep(path: Path, line: Mapping[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
