"""`al-loop --kinds points,scribbles,boxes,full`: simulated people, one killed run, and people with LabelMe's files."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from maskloop.formats.coco import boxes_document, read_coco_folder
from maskloop.formats.coco.writing import coco_document
from maskloop.values import BoxesLabel, ObjectLabel, PointsLabel, ScribblesLabel
from tests.journeys.loops import PATIENCE_S, Loop

SMALL = "pretrained,image_size=64,width=8,tower=8,views=1,iterations=2"
OPTIONS = (
    *("--budget", "40m", "--initial", "3", "--max-rounds", "1", "--recipe", SMALL, "--image-size", "64"),
    *("--kinds", "points=0.1,scribbles=0.2,boxes=0.2,full", "--assist", "none", "--seed", "3"),
)
KINDS = "select kind, count(*) from labels where campaign_id != '' group by kind order by kind"
SAID = "select image_id, kind, objects from labels where campaign_id != '' order by number"


@pytest.fixture(scope="module")
def whole(demo, tmp_path_factory) -> tuple[Loop, str]:
    loop = Loop(demo, tmp_path_factory.mktemp("marks") / "run", *OPTIONS, "--labeler", "ground-truth,outlines=0.91")
    code, out, err = loop.run()
    assert code == 0, out + err
    return loop, out


@pytest.mark.slow
def test_each_kind_is_bought_to_its_share_and_told(whole) -> None:
    loop, out = whole
    report = loop.report()
    spent = report["spent_s_by_kind"]
    assert set(spent) == {"points", "scribbles", "boxes", "full"} == {kind for kind, _ in loop.rows(KINDS)}
    assert sum(spent.values()) <= 2400
    assert 0 < spent["points"] < spent["scribbles"] < spent["full"]
    bought = " ".join(out.split())
    assert re.search(r"round 1: .* \d+ boxed, \d+ scribbled on", bought), bought
    assert len(report["rounds"]) == 2
    assert report["rounds"][-1]["marked_images"] > 0
    assert "marked" in (loop.workdir / "report.html").read_text()
    page = (loop.workdir / "report.html").read_text()
    assert "scribbles" in page
    assert "points" in page


@pytest.mark.slow
def test_no_image_is_marked_twice_within_a_batch_and_points_lie_where_people_put_them(whole) -> None:
    loop, _ = whole
    first: dict[str, set[str]] = {}
    for image_id, kind, _ in loop.rows(SAID):
        if kind in first and list(first)[-1] != kind:
            break  # the next batch has begun
        first.setdefault(kind, set()).add(image_id)
    assert list(first) == ["full", "boxes", "scribbles", "points"]
    assert len(set().union(*first.values())) == sum(map(len, first.values()))
    points = [json.loads(said) for _, kind, said in loop.rows(SAID) if kind == "points"]
    assert any(points)
    assert all(0 <= x <= 64 and 0 <= y <= 64 for said in points for _, x, y in said)


@pytest.mark.slow
def test_killed_while_it_buys_points_it_loses_and_doubles_nothing(whole, demo, tmp_path) -> None:
    unbroken, _ = whole
    loop = Loop(demo, tmp_path / "run", *OPTIONS, "--labeler", "ground-truth,outlines=0.91")
    loop.killed_once("select 1 from labels where kind = 'points'")
    code, out, err = loop.run("--resume")
    assert code == 0, out + err
    assert loop.report()["spent_s_by_kind"] == unbroken.report()["spent_s_by_kind"]
    assert loop.rows(SAID) == unbroken.rows(SAID)


class People:
    """They outline and box by COCO, and save points and strokes as LabelMe does; the first points are off the image."""

    def __init__(self, folder: Path, demo: Path) -> None:
        self.folder, self.data = folder, read_coco_folder(demo)
        self.names = {category.id: category.name for category in self.data.categories}
        self.done: list[str] = []

    def look(self) -> None:
        for readme in sorted(self.folder.glob("*/README.txt")):
            if readme.parent.name not in self.done:
                self.answer(readme.parent)
                self.done.append(readme.parent.name)

    def answer(self, place: Path) -> None:
        names = [path.name for path in sorted((place / "images").iterdir())]
        images = [self.data.by_name[name] for name in names]
        objects = {image.file_name: image.objects for image in images}
        if "points" in place.name:
            if not any("points" in name for name in self.done):
                self.save(place, {name: [{"label": self.names[1], "points": [[640, 1]]}] for name in names})
                time.sleep(2.5)
            self.save(place, {name: self.labelme(name, self.dots(there)) for name, there in objects.items()})
        elif "scribbles" in place.name:
            self.save(place, {name: self.labelme(name, self.strokes(there)) for name, there in objects.items()})
        elif "boxes" in place.name:
            boxes = {name: BoxesLabel.of(there).boxes for name, there in objects.items()}
            self.save(place, boxes_document(self.data.categories, images, boxes))
        else:
            self.save(place, coco_document(self.data.categories, images, objects))

    def dots(self, there: tuple[ObjectLabel, ...]) -> list[dict[str, Any]]:
        points = PointsLabel.of(there).points
        return [self.shape("point", item.category_id, [(item.x, item.y)]) for item in points]

    def strokes(self, there: tuple[ObjectLabel, ...]) -> list[dict[str, Any]]:
        drawn = [self.shape("linestrip", item.category_id, item.path) for item in ScribblesLabel.of(there).scribbles]
        ground = {"label": "_background_", "points": [[1, 1], [60, 2]], "shape_type": "line", "group_id": None}
        return [*drawn, ground]

    def shape(self, kind: str, category_id: int, corners: Any) -> dict[str, Any]:
        kind = "point" if len(corners) == 1 else kind
        return {"label": self.names[category_id], "points": list(corners), "shape_type": kind, "group_id": None}

    def labelme(self, name: str, shapes: list[dict[str, Any]]) -> dict[str, Any]:
        return {"version": "5.5.0", "shapes": shapes, "imagePath": name, "imageHeight": 64, "imageWidth": 64}

    def save(self, place: Path, document: object) -> None:
        draft = place / "draft.json"
        draft.write_text(json.dumps(document))
        draft.replace(place / "done.json")


@contextmanager
def working(people: People, loop: Loop) -> Iterator[Any]:
    until = time.monotonic() + PATIENCE_S
    with loop.running() as process:
        while process.poll() is None and time.monotonic() < until:
            people.look()
            time.sleep(0.1)
        yield process


@pytest.mark.slow
def test_people_hand_in_points_and_strokes_as_labelme_saves_them(demo, tmp_path) -> None:
    people = People(tmp_path / "todo", demo)
    loop = Loop(demo, tmp_path / "run", *OPTIONS, "--labeler", f"folder:{people.folder}")
    with working(people, loop) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    assert people.done[:4] == ["round-00", "round-00-boxes", "round-00-scribbles", "round-00-points"]
    assert "is not inside the image of 64 x 64" in out
    kinds = dict(loop.rows(KINDS))
    assert min(kinds[kind] for kind in ("points", "scribbles", "boxes", "full")) > 0
    images = dict(loop.rows("select id, file_name from images"))
    for image_id, kind, said in loop.rows(SAID):
        there = people.data.by_name[images[image_id]].objects
        if kind == "points":
            told = PointsLabel.of(there).points
            assert json.loads(said) == [[item.category_id, item.x, item.y] for item in told]
        if kind == "scribbles":
            assert json.loads(said)[-1] == [0, [1, 1], [60, 2]]
            assert len(json.loads(said)) == len(there) + 1
    readme = (people.folder / "round-00-points" / "README.txt").read_text()
    assert "Put one point on every object of:" in readme
    assert json.loads((people.folder / "round-00-points" / "todo.json").read_text())
