"""Image classifiers and the candidates that fool them, through a real server process.

Images hold a bright square or a dark one; candidates hold bright frames, dark ones, or nothing but noise.
"""

from __future__ import annotations

import io
import signal
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from maskloop.client import Client
from maskloop.errors import (
    ClassifierNotFound,
    FailedPrecondition,
    InvalidArgument,
    InvalidConfig,
    NoClassifier,
)
from maskloop.masks import Mask
from maskloop.values import (
    Budget,
    Category,
    Classifier,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    OodAnswer,
    OperationState,
    Split,
    Strategy,
    SupervisionKind,
)
from tests.service.processes import ServerProcess

pytestmark = pytest.mark.slow

OOD_CHECK = SupervisionKind.OOD_CHECK
SIDE = 32
QUICK = {"image_size": SIDE, "iterations": 40, "held_out": 0.0, "checkpoint_every": 2}
BRIGHT, DARK = 230, 20


def picture(place: int, value: int | None, *, frame: bool = False) -> tuple[bytes, Mask]:
    """A PNG with a 12 x 12 square, or its frame, of a grey on noise about 120; without a value, noise alone."""
    rng = np.random.default_rng(place)
    pixels = rng.integers(90, 150, (SIDE, SIDE, 3), dtype=np.uint8)
    mask = np.zeros((SIDE, SIDE), dtype=np.bool_)
    x, y = rng.integers(2, SIDE - 14, 2)
    mask[y : y + 12, x : x + 12] = True
    if frame:
        mask[y + 4 : y + 8, x + 4 : x + 8] = False
    if value is not None:
        pixels[mask] = value
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue(), Mask.from_array(mask)


def fill(client: Client, project_id: str) -> dict[str, str]:
    """A project of 24 labeled images, a pool of 2 and 18 candidates. File names of the candidates by id."""
    client.create_project(project_id=project_id, categories=[Category(3, "bright"), Category(8, "dark")])
    images = []
    for place in range(24):
        category, value = ((3, BRIGHT), (8, DARK))[place % 2]
        data, mask = picture(place, value)
        images.append(ImageImport(f"train{place}.png", Split.TRAIN, data=data, objects=(ObjectLabel(category, mask),)))
    for place in range(6):
        data, _ = picture(50 + place, None)
        images.append(ImageImport(f"empty{place}.png", Split.TRAIN, data=data, objects=()))
    images += [ImageImport(f"pool{place}.png", Split.POOL, data=picture(80 + place, BRIGHT)[0]) for place in range(2)]
    for place in range(18):
        kind, value = (("bright", BRIGHT), ("dark", DARK), ("noise", None))[place % 3]
        data, _ = picture(100 + place, value, frame=True)
        images.append(ImageImport(f"{kind}{place}.png", Split.OOD, data=data))
    found = list(client.import_images(project_id=project_id, images=images))
    client.create_campaign(
        project_id=project_id, campaign_id="c", budget=Budget(seconds=3600), strategy=Strategy("random")
    )
    return {image.id: image.file_name for image in found if image.split is Split.OOD}


def select(client: Client, images: int, **options: Any):
    return client.select_batch(
        project_id="p", campaign_id="c", annotator="ann", kind=OOD_CHECK, images=images, **options
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="module")
def client(server):
    return server.client


@pytest.fixture(scope="module")
def names(client):
    return fill(client, "p")


@pytest.fixture(scope="module")
def trained(client, names):
    operation = client.train_classifier(project_id="p", overrides=QUICK, seed=1, clusters=4, request_id="classify-1")
    return client.wait_operation(operation)


def test_before_a_training_there_is_no_classifier(client, names):
    with pytest.raises(NoClassifier):
        client.get_classifier(project_id="p")
    with pytest.raises(NoClassifier):
        select(client, 3)
    client.create_project(project_id="empty", categories=[Category(1, "square")])
    with pytest.raises(FailedPrecondition, match="no label that says what is in an image"):
        client.train_classifier(project_id="empty")


def test_wrong_requests_are_refused_before_anything_is_done(client, names):
    with pytest.raises(InvalidConfig, match="depth"):
        client.train_classifier(project_id="p", overrides={"depth": 3})
    with pytest.raises(InvalidArgument, match="10001 clusters"):
        client.train_classifier(project_id="p", clusters=10_001)
    with pytest.raises(InvalidArgument, match="seed"):
        client.train_classifier(project_id="p", seed=-1)


def test_a_training_makes_a_classifier_and_finds_what_fools_it(client, names, trained):
    assert trained.state is OperationState.SUCCEEDED
    classifier = trained.result
    assert isinstance(classifier, Classifier)
    assert (classifier.labeled_images, classifier.empty_images, classifier.candidates) == (24, 6, 18)
    assert client.get_classifier(project_id="p") == classifier
    assert client.get_classifier(project_id="p", classifier=classifier.id) == classifier
    with pytest.raises(ClassifierNotFound):
        client.get_classifier(project_id="p", classifier="classifier-0")

    hard = client.list_hard_candidates(project_id="p", per_cluster=100)
    assert len(hard) == classifier.hard_images > 0
    assert len({one.cluster for one in hard}) == classifier.clusters <= 4
    assert all(one.probability >= 0.5 for one in hard)
    taken = {names[one.image_id].rstrip("0123456789.png"): one.category_id for one in hard}
    assert taken.items() >= {"bright": 3, "dark": 8}.items()
    for cluster in range(classifier.clusters):
        of_it = [one.probability for one in hard if one.cluster == cluster]
        assert of_it == sorted(of_it, reverse=True)
    assert len(client.list_hard_candidates(project_id="p", per_cluster=1)) == classifier.clusters


def test_hard_candidates_are_handed_out_and_answers_change_at_once_what_comes_next(client, names, trained):
    hard = {one.image_id for one in client.list_hard_candidates(project_id="p", per_cluster=100)}
    first = select(client, 1)
    (pick,) = first.picks
    assert first.strategy == "hard_ood"
    assert pick.image_id in hard
    assert "cluster" in pick.reason
    drafts = [LabelDraft(pick.image_id, OodAnswer())]
    client.submit_labels(project_id="p", annotator="ann", batch_id=first.id, labels=drafts)

    rest = select(client, 100)
    assert {one.image_id for one in rest.picks} <= hard - {pick.image_id}
    assert rest.exhausted
    drafts = [LabelDraft(one.image_id, OodAnswer(3)) for one in rest.picks[:1]]
    drafts += [LabelDraft(one.image_id, OodAnswer()) for one in rest.picks[1:]]
    client.submit_labels(project_id="p", annotator="ann", batch_id=rest.id, labels=drafts)
    assert select(client, 100).picks == ()

    pool = {image.id for image in client.list_images(project_id="p", split=Split.POOL)}
    assert rest.picks[0].image_id in pool


def test_the_next_classifier_learns_from_the_answers(client, names, trained):
    judged = list(client.list_labels(project_id="p", kind=OOD_CHECK))
    nothing = sum(label.content.is_ood for label in judged)
    operation = client.wait_operation(client.train_classifier(project_id="p", overrides=QUICK, seed=1, clusters=4))
    classifier = operation.result
    assert (classifier.labeled_images, classifier.empty_images) == (25, 6 + nothing)
    assert classifier.candidates == 18 - len(judged)


@pytest.mark.slow
def test_a_classifier_whose_server_is_killed_in_training_ends_as_one_that_was_not(client, names, trained, tmp_path):
    """Trained again with the same request by a server that knows no answers, and killed on the way."""
    with ServerProcess(tmp_path) as killed:
        fill(killed.client, "p")
        operation = killed.client.train_classifier(
            project_id="p", overrides=QUICK, seed=1, clusters=4, request_id="classify-1"
        )
        while killed.client.get_operation(operation_id=operation.id).progress <= 0.1:
            time.sleep(0.02)
        killed.end(signal.SIGKILL)
    with ServerProcess(tmp_path) as again:
        ended = again.client.wait_operation(operation)
        assert ended.state is OperationState.SUCCEEDED
        assert again.client.list_hard_candidates(project_id="p") == client.list_hard_candidates(
            project_id="p", classifier=trained.result.id
        )
