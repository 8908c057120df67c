"""The demo data: the same for the same seed, a sound COCO folder, and difficulty that varies."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from maskloop.datasets.demo.dataset import DEMOS, Demo, write_demo_data
from maskloop.datasets.demo.defects import Look, crack, rust, spalling
from maskloop.datasets.demo.noise import as_field
from maskloop.datasets.demo.pictures import CATEGORIES, DemoDifficulty, DemoPicture, demo_picture
from maskloop.datasets.demo.surfaces import LOOKALIKES, concrete
from maskloop.datasets.demo.video import demo_frames
from maskloop.errors import FailedPrecondition, InvalidArgument
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.images import decode_image
from maskloop.masks import Mask

PLAIN, HARD = DemoDifficulty(hardest=0.0, spread=0.0), DemoDifficulty(easiest=1.0, spread=0.0)


def digests(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def pictures(count: int, difficulty: DemoDifficulty) -> list[DemoPicture]:
    return [demo_picture(np.random.default_rng((5, place)), 128, difficulty) for place in range(count)]


def test_the_folder_is_a_sound_coco_data_set(tmp_path: Path) -> None:
    dataset = read_coco_folder(write_demo_data(tmp_path / "demo", images=12, test_images=5, size=96, seed=1))
    assert dataset.categories == CATEGORIES
    assert (len(dataset.train), len(dataset.test)) == (12, 5)
    assert set(dataset.train).isdisjoint(dataset.test)
    for image in dataset.images:
        assert decode_image(image.path.read_bytes(), image.file_name).pixels.shape == (96, 96, 3)
        assert 1 <= len(image.objects) <= 9
    assert {item.category_id for image in dataset.images for item in image.objects} == {1, 2, 3}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        digests(write_demo_data(tmp_path / name, images=4, test_images=2, seed=seed))
        for name, seed in (("first", 3), ("again", 3), ("other", 4))
    )
    assert first == again
    assert all(first[name] != other[name] for name in first if name.startswith("images"))


def test_demos_repeat_themselves_and_differ_from_one_another(tmp_path: Path) -> None:
    seen: set[str] = set()
    for level, demo in DEMOS.items():
        first, again = (
            digests(write_demo_data(tmp_path / f"{level}-{turn}", images=2, test_images=1, seed=0, demo=demo))
            for turn in (1, 2)
        )
        pixels = {value for name, value in first.items() if name.startswith("images")}
        assert first == again
        assert seen.isdisjoint(pixels)
        seen |= pixels


@pytest.mark.parametrize("demo", [Demo(), Demo(frames=2)])
def test_more_images_begin_with_the_same_ones(tmp_path: Path, demo: Demo) -> None:
    few = digests(write_demo_data(tmp_path / "few", images=3, test_images=1, seed=0, demo=demo))
    more = digests(write_demo_data(tmp_path / "more", images=5, test_images=2, seed=0, demo=demo))
    assert {name: value for name, value in few.items() if name.startswith("images")}.items() <= more.items()


def test_a_folder_made_already_is_left_and_one_made_otherwise_is_made_anew(tmp_path: Path) -> None:
    write_demo_data(tmp_path, images=2, test_images=1, seed=0)
    list_file = tmp_path / "train.txt"
    made_at = list_file.stat().st_mtime_ns
    write_demo_data(tmp_path, images=2, test_images=1, seed=0)
    assert list_file.stat().st_mtime_ns == made_at
    write_demo_data(tmp_path, images=3, test_images=1, seed=0)
    assert list_file.read_text().splitlines() == ["train-0000.jpg", "train-0001.jpg", "train-0002.jpg"]


def test_an_interrupted_writing_is_finished_by_the_next(tmp_path: Path) -> None:
    whole = digests(write_demo_data(tmp_path / "whole", images=3, test_images=1, seed=2))
    cut = write_demo_data(tmp_path / "cut", images=3, test_images=1, seed=2)
    for name in ("demo.json", "annotations.json", "images/train-0002.jpg"):
        (cut / name).unlink()
    assert digests(write_demo_data(cut, images=3, test_images=1, seed=2)) == whole


def test_a_folder_half_made_anew_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    made = digests(write_demo_data(tmp_path, images=2, test_images=1, seed=0))
    (tmp_path / "images" / "train-0002.jpg").mkdir()
    with pytest.raises(FailedPrecondition):
        write_demo_data(tmp_path, images=3, test_images=1, seed=9)
    (tmp_path / "images" / "train-0002.jpg").rmdir()
    assert digests(write_demo_data(tmp_path, images=2, test_images=1, seed=0)) == made


@pytest.mark.parametrize("wrong", [{"images": 0}, {"test_images": 0}, {"size": 32}, {"size": 4096}, {"seed": -1}])
def test_impossible_demo_data_is_refused_before_anything_is_written(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        write_demo_data(tmp_path, **{"images": 1, "test_images": 1, "seed": 0, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_a_scene_has_at_least_one_frame() -> None:
    with pytest.raises(InvalidArgument):
        Demo(frames=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lookalikes": 0},
        {"lookalikes": 9},
        {"easiest": 0.6, "hardest": 0.4},
        {"easiest": -0.1},
        {"hardest": 1.1},
        {"spread": -1},
        {"crowded_share": 2},
    ],
)
def test_impossible_difficulties_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        DemoDifficulty(**wrong)


def test_visible_masks_do_not_overlap_and_are_large_enough_to_learn() -> None:
    for picture in pictures(40, DemoDifficulty()):
        masks = np.stack([item.mask.to_array() for item in picture.objects])
        assert masks.sum(axis=0).max() == 1
        assert masks.sum(axis=(1, 2)).min() >= 20


def contrast(picture: DemoPicture) -> float:
    """Mean over objects of how far their colour is from that of the ground just around them, in 8-bit steps."""
    differences = []
    for item in picture.objects:
        inside = item.mask.to_array()
        around = ndimage.binary_dilation(inside, iterations=8) & ~ndimage.binary_dilation(inside, iterations=2)
        pixels = picture.pixels.astype(float)
        differences.append(np.abs(pixels[inside].mean(axis=0) - pixels[around].mean(axis=0)).max())
    return float(np.mean(differences))


def test_hard_pictures_hold_more_smaller_and_fainter_objects_than_plain_ones() -> None:
    plain, hard = pictures(40, PLAIN), pictures(40, HARD)
    assert np.mean([len(p.objects) for p in hard]) > 2 * np.mean([len(p.objects) for p in plain])
    areas = [[item.mask.area for p in side for item in p.objects] for side in (hard, plain)]
    assert np.median(areas[0]) < 0.5 * np.median(areas[1])
    assert np.mean([contrast(p) for p in hard]) < 0.5 * np.mean([contrast(p) for p in plain])


def test_difficulty_spreads_from_plain_to_hard() -> None:
    spread = [contrast(p) for p in pictures(60, DemoDifficulty())]
    assert np.quantile(spread, 0.9) > 3 * np.quantile(spread, 0.1)


def test_the_easy_demo_is_easier_than_the_hard_one() -> None:
    easy, hard = (pictures(40, DEMOS[level].difficulty) for level in ("easy", "hard"))
    assert max(len(p.objects) for p in easy) <= 3
    assert np.mean([len(p.objects) for p in hard]) > 2 * np.mean([len(p.objects) for p in easy])
    assert np.mean([contrast(p) for p in hard]) < 0.5 * np.mean([contrast(p) for p in easy])


def least_difference(one: DemoPicture, other: DemoPicture) -> float:
    """Of all shifts by up to 16 pixels: the least mean difference of what both show, light evened out."""
    a, b = (ndimage.gaussian_filter(p.pixels.mean(axis=2), 1) for p in (one, other))
    middle = a[16:-16, 16:-16] - a[16:-16, 16:-16].mean()
    windows = (b[y : y + 96, x : x + 96] for y in range(33) for x in range(33))
    return min(float(np.abs(middle - (window - window.mean())).mean()) for window in windows)


def test_frames_of_a_scene_nearly_repeat_one_another_and_other_scenes_do_not() -> None:
    scene, other = (list(demo_frames(np.random.default_rng(seed), 128, PLAIN, 6)) for seed in (1, 2))
    steps = [least_difference(one, after) for one, after in pairwise(scene)]
    assert max(steps) < 0.5 * least_difference(scene[0], other[0])
    assert all((one.pixels != after.pixels).any() for one, after in pairwise(scene))


def test_objects_move_along_with_the_camera() -> None:
    """What two frames hold whole has the same shape in both, at places that differ by the same step for all."""
    frames = demo_frames(np.random.default_rng(3), 128, DEMOS["hard"].difficulty, 6)
    whole = [{_shape(item.mask): item.mask.box[:2] for item in frame.objects if _inside(item.mask)} for frame in frames]
    steps = []
    for before, after in pairwise(whole):
        kept = before.keys() & after.keys()
        steps.append({(after[key][0] - before[key][0], after[key][1] - before[key][1]) for key in kept})
    assert max(map(len, whole)) >= 2
    assert all(len(step) <= 1 for step in steps)
    assert any(step not in (set(), {(0, 0)}) for step in steps)


def _inside(mask: Mask) -> bool:
    x, y, width, height = mask.box
    return x > 0 and y > 0 and x + width < mask.width and y + height < mask.height


def _shape(mask: Mask) -> Mask:
    return mask.crop(*mask.box)


@pytest.mark.parametrize("lookalike", LOOKALIKES)
def test_a_lookalike_shows_on_the_surface_and_does_not_hide_it(lookalike) -> None:
    rng = np.random.default_rng(4)
    surface = concrete(rng, 128)
    changed = np.mean([(np.abs(lookalike(rng, surface) - surface).max(axis=2) > 0.05).mean() for _ in range(10)])
    assert 0.003 < changed < 0.3


GROUND = as_field(np.full((128, 128, 3), 0.6))


def painted(maker, seed: int):
    defect = maker(np.random.default_rng(seed), Look(128, 1.0, 1.0))
    return defect.mask, defect.paint(GROUND)


@pytest.mark.parametrize("seed", range(5))
def test_cracks_are_thin_and_dark(seed: int) -> None:
    mask, surface = painted(crack, seed)
    assert ndimage.distance_transform_edt(mask).max() < 7
    assert surface[mask].mean() < 0.6 * 0.6


@pytest.mark.parametrize("seed", range(5))
def test_rust_is_orange_brown(seed: int) -> None:
    mask, surface = painted(rust, seed)
    red, green, blue = surface[mask].mean(axis=0)
    assert red > 1.3 * green > 1.3 * 1.2 * blue


@pytest.mark.parametrize("seed", range(5))
def test_spalling_is_compact_and_rough_inside(seed: int) -> None:
    mask, surface = painted(spalling, seed)
    assert ndimage.distance_transform_edt(np.pad(mask, 1)).max() > 5
    assert surface[ndimage.binary_erosion(mask, iterations=3)].std() > 0.03


@pytest.mark.parametrize("maker", [crack, spalling, rust])
def test_paint_stays_on_its_mask(maker) -> None:
    mask, surface = painted(maker, 7)
    far = ~ndimage.binary_dilation(mask, iterations=8)
    assert np.abs(surface - GROUND).max(axis=2)[far].max() < 0.02
