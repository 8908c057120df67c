"""Labels that outline nothing: the best one of each image is given to a training whose recipe learns from its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskloop.values import (
    LABEL_KINDS,
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    ImageLevelLabel,
    Label,
    LabelContent,
    LabelDraft,
    ObjectLabel,
    Operation,
    OperationKind,
    OperationState,
    Origin,
    Point,
    PointsLabel,
    Rejection,
    Review,
    Scribble,
    ScribblesLabel,
    SupervisionKind,
    Verdict,
)
from models.kinds.recipes import resolve
from service.artifacts.blobs import BlobStore
from service.device.images import ImageReader
from service.device.job_files import TrainJob, read_job
from service.operations.steps.step import SAID, labeled_file
from service.operations.steps.steps import DeviceWork
from service.store.labels.judged_images import TRAINING_USES, TrainingUse, weak_images
from service.store.labels.labels import LabeledImage
from service.store.operations import OperationRecord
from tests.service.desks import Server, full_draft, objects

BOXES, COUNTS, IMAGE_LEVEL = SupervisionKind.BOXES, SupervisionKind.COUNTS, SupervisionKind.IMAGE_LEVEL
EVERY = frozenset(SupervisionKind)
STROKES = (Scribble(2, ((1, 1), (3, 4))), Scribble(0, ((7, 0), (7, 5))))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.create_project()
    yield made
    made.database.close()


def submit(server: Server, *drafts: LabelDraft) -> None:
    server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts)


def told(server: Server, kinds: frozenset[SupervisionKind]) -> dict[str, LabelContent]:
    with server.database.read() as tx:
        return {each.image.id: each.label.content for each in weak_images(tx, "p", kinds)}


def job_of(server: Server, name: str, recipe: str, **options: object) -> TrainJob:
    work = DeviceWork(database=server.database, folder=server.data, candidates=server.candidates, clock=server.clock)
    operation = Operation(name, "p", OperationKind.TRAIN, OperationState.PENDING)
    work.prepare(OperationRecord(operation, {"recipe": resolve(recipe, **options).to_dict(), "seed": 0}))
    job = read_job(server.data.work(name))
    assert isinstance(job, TrainJob)
    return job


def test_of_each_image_the_label_that_says_most_is_given(server: Server) -> None:
    saying_more: list[LabelContent] = [
        ImageLevelLabel((2,)),
        Counts({2: 1}),
        PointsLabel((Point(2, 1, 1),)),
        ScribblesLabel(STROKES),
        BoxesLabel((Box(2, 0, 0, 3, 3),)),
    ]
    images = server.import_pool(len(saying_more) + 2)
    for place, content in enumerate(saying_more):
        submit(server, *(LabelDraft(image_id, content) for image_id in images[place:-1]))
    submit(server, LabelDraft(images[-1], ImageLevelLabel((2,))), full_draft(images[-2], 2))
    submit(server, LabelDraft(images[-1], BoxesLabel()))
    assert told(server, EVERY) == dict(zip(images, saying_more, strict=False))
    assert told(server, frozenset({BOXES, SupervisionKind.FULL})) == {images[4]: saying_more[4]}
    assert told(server, frozenset({SupervisionKind.FULL})) == {}


def test_a_training_is_given_what_its_recipe_learns_from(server: Server) -> None:
    boxed, counted, classed, pointed = server.import_pool(4)
    submit(server, LabelDraft(pointed, PointsLabel((Point(3, 1, 2),))))
    submit(server, LabelDraft(boxed, BoxesLabel((Box(1, 0, 0, 3, 3),))))
    submit(server, LabelDraft(counted, Counts({1: 2, 3: 1})), LabelDraft(classed, ImageLevelLabel((2,))))
    usual, every = job_of(server, "a", "pretrained"), job_of(server, "b", "pretrained", weak="all")
    assert [image.image_id for image in usual.weak] == sorted([boxed, pointed])
    assert {image.image_id: (image.boxes, image.marks, image.present) for image in every.weak} == {
        boxed: ((Box(1, 0, 0, 3, 3),), None, ()),
        counted: ((), None, (1, 3)),
        classed: ((), None, (2,)),
        pointed: ((), (Scribble(3, ((1, 2),)),), ()),
    }
    for recipe, options in (("compact", {}), ("pretrained", {"masks": "dense"}), ("class_maps", {})):
        assert job_of(server, f"{recipe} {len(options)}", recipe, **options).weak == ()


def test_every_kind_that_a_recipe_may_learn_from_says_something() -> None:
    learnt = resolve("pretrained", weak="all").learns_from
    assert set(SAID) == learnt
    assert {kind for kind in LABEL_KINDS if TRAINING_USES[kind] is not TrainingUse.EMPTY_IMAGE} <= learnt


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (FullLabel(objects(1)), {"objects": objects(1)}),
        (BoxesLabel((Box(1, 0, 0, 3, 3),)), {"boxes": (Box(1, 0, 0, 3, 3),)}),
        (ScribblesLabel(STROKES), {"marks": STROKES, "present": frozenset({2})}),
        (
            PointsLabel((Point(3, 1, 2), Point(1, 4, 5))),
            {"marks": (Scribble(3, ((1, 2),)), Scribble(1, ((4, 5),))), "present": frozenset({1, 3})},
        ),
        (Counts({2: 4}), {"present": frozenset({2})}),
        (ImageLevelLabel((1, 3)), {"present": frozenset({1, 3})}),
    ],
)
def test_a_network_is_told_what_a_label_says(server: Server, content: Any, said: dict[str, Any]) -> None:
    (image_id,) = server.import_pool(1)
    image = server.projects.get_image(project_id="p", image_id=image_id)
    label = Label("l", "p", image_id, content, "ann", 1.0, server.clock())
    example = ImageReader(BlobStore(str(server.folder / "blobs"))).example(labeled_file(LabeledImage(image, label)))
    nothing = {"objects": (), "boxes": (), "marks": None, "present": None}
    assert {name: getattr(example, name) for name in nothing} == {**nothing, **said}


def test_a_job_that_an_earlier_release_left_names_boxed_images(server: Server) -> None:
    (image_id,) = server.import_pool(1)
    submit(server, LabelDraft(image_id, BoxesLabel((Box(1, 0, 0, 3, 3),))))
    job = job_of(server, "a", "pretrained")
    file = server.data.work("a") / "job.json"
    written = json.loads(file.read_text())
    file.write_text(
        json.dumps({**{key: value for key, value in written.items() if key != "weak"}, "boxed": written["weak"]})
    )
    assert read_job(server.data.work("a")) == job


def test_what_people_rejected_is_told_to_networks_that_learn_from_it(server: Server) -> None:
    (image_id,) = server.import_pool(1)
    server.add_model({image_id: 0.5}, found={image_id: 3})
    (offered,) = server.models.get_proposals(project_id="p", image_ids=[image_id])
    first, second, third = offered.objects
    made = ObjectLabel(first.category_id, first.mask, origin=Origin(Verdict.ACCEPTED, first.id))
    review = Review("m1", (Rejection(second.id), Rejection(third.id)))
    submit(server, LabelDraft(image_id, FullLabel((made,), review)))
    (image,) = job_of(server, "a", "unet").images
    assert image.rejected == tuple(ObjectLabel(item.category_id, item.mask) for item in (second, third))
    example = ImageReader(BlobStore(str(server.folder / "blobs"))).example(image)
    assert (example.rejected, len(example.objects)) == (image.rejected, 1)
    (other,) = job_of(server, "b", "pretrained").images
    assert other.rejected == ()


def test_a_unet_is_given_every_kind_of_label(server: Server) -> None:
    learnt = resolve("unet").learns_from
    assert learnt == set(SAID)
    boxed, pointed, classed = server.import_pool(3)
    submit(server, LabelDraft(boxed, BoxesLabel((Box(1, 0, 0, 3, 3),))), LabelDraft(classed, ImageLevelLabel((2,))))
    submit(server, LabelDraft(pointed, PointsLabel((Point(3, 1, 2),))))
    job = job_of(server, "a", "unet")
    assert {image.image_id: (image.boxes, image.marks, image.present) for image in job.weak} == {
        boxed: ((Box(1, 0, 0, 3, 3),), None, ()),
        pointed: ((), (Scribble(3, ((1, 2),)),), ()),
        classed: ((), None, (2,)),
    }
