"""The classifier's job: what it leaves, and that a job that is stopped at any moment ends as if it had not been."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture

from maskloop.errors import Cancelled, InvalidArgument, ModelNotFound
from maskloop.values import Category
from models.classification.model import FittedClassifier
from models.classification.recipe import resolve_classifier
from models.data.samples import ImageToScore
from models.encoders.feature_store import NO_STORE
from models.encoders.features import encode_images
from models.training.cache import NetworkCache
from selection.hard_ood import probabilities
from service.artifacts.blobs import BlobStore
from service.artifacts.hard_ood import read_hard_ood, write_hard_ood
from service.artifacts.image_file import ImageFile
from service.artifacts.names import CLASSIFIER, HARD_OOD
from service.device import chunks
from service.device.job_files import (
    ClassifyJob,
    read_job,
    read_outcome,
    write_job,
)
from service.device.jobs import do_job
from tests.service.squares import squares

pytestmark = pytest.mark.journey

CPU = torch.device("cpu")
CATEGORIES = (Category(1, "square"), Category(4, "stripe"))


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def striped(rng: np.random.Generator) -> bytes:
    pixels = rng.integers(0, 80, (32, 32, 3), dtype=np.uint8)
    pixels[:, rng.integers(0, 28) :][:, :3] = 220
    return png(pixels)


def job(blobs: BlobStore, candidates: int = 12, clusters: int = 50, recipe: dict | None = None) -> ClassifyJob:
    """Squares and stripes to learn from, noise that holds nothing; candidates are more of all three."""
    rng = np.random.default_rng(0)
    known: list[tuple[bytes, tuple[int, ...]]] = [(data, (1,)) for _, data, _ in squares(8)]
    known += [(striped(rng), (4,)) for _ in range(8)]
    known += [(png(rng.integers(0, 80, (32, 32, 3), dtype=np.uint8)), ()) for _ in range(4)]
    more = [data for _, data, _ in squares(candidates // 2, seed=1)] + [striped(rng) for _ in range(candidates // 2)]
    values = {"image_size": 32, "iterations": 12, "held_out": 0.0, "checkpoint_every": 2, "batch": 8, **(recipe or {})}
    return ClassifyJob(
        resolve_classifier("compact", **values).to_dict(),
        3,
        CATEGORIES,
        tuple(ImageFile(f"l{n:02}", "a.png", blobs.put(data), present=said) for n, (data, said) in enumerate(known)),
        tuple(ImageFile(f"c{n:02}", "a.png", blobs.put(data)) for n, data in reversed(list(enumerate(more)))),
        clusters,
    )


@pytest.fixture(scope="module")
def blobs(tmp_path_factory) -> BlobStore:
    return BlobStore(str(tmp_path_factory.mktemp("blobs")))


def do(folder: Path, wanted: ClassifyJob, blobs: BlobStore, progress=lambda *_: None) -> dict:
    write_job(folder, wanted)
    do_job(folder, blobs, NetworkCache(folder / "networks", 0), NO_STORE, device=CPU, progress=progress)
    return read_outcome(folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory, blobs) -> Path:
    folder = tmp_path_factory.mktemp("classify")
    do(folder, job(blobs), blobs)
    return folder


def test_a_job_comes_back_from_its_file(tmp_path, blobs):
    write_job(tmp_path, job(blobs))
    assert read_job(tmp_path) == job(blobs)


def test_the_outcome_counts_what_was_read_and_what_is_hard(done):
    outcome, hard = read_outcome(done), read_hard_ood(done / HARD_OOD)
    assert (outcome["labeled_images"], outcome["empty_images"], outcome["candidates"]) == (16, 4, 12)
    assert outcome["hard_images"] == len(hard) > 0
    assert outcome["clusters"] == len(set(hard.clusters)) <= len(hard)
    assert outcome["metrics"] == {"held_out_images": 0.0}


def test_hard_is_what_the_classifier_itself_takes_for_a_category(done, blobs):
    classifier = FittedClassifier.load(done / CLASSIFIER, CPU)
    assert (classifier.categories, classifier.names) == ((1, 4), ("square", "stripe"))
    files = {image.image_id: image for image in job(blobs).candidates}

    def read(image_id: str) -> np.ndarray:
        return np.asarray(Picture.open(io.BytesIO(blobs.read(files[image_id].sha256))))

    images = [ImageToScore(image_id, partial(read, image_id)) for image_id in sorted(files)]
    read_alone = dict(encode_images(classifier.encoder, images, device=CPU, batch_size=1))
    hard = read_hard_ood(done / HARD_OOD)
    expected = [one for one, row in read_alone.items() if (row @ classifier.head.numpy().T).max() >= 0]
    assert [one.decode() for one in hard.ids] == expected
    np.testing.assert_allclose(hard.features, [read_alone[one] for one in expected], atol=1e-4)
    assert (probabilities(hard.features, hard.head).max(axis=1) >= 0.5).all()
    assert hard.labeled_features.shape == (20, hard.head.shape[1])
    assert hard.categories == CATEGORIES


@pytest.mark.parametrize("share", [0.1, 0.35, 0.62, 0.8, 0.96])
def test_a_job_that_is_stopped_ends_as_if_it_had_not_been(tmp_path, done, blobs, monkeypatch, share):
    monkeypatch.setattr(chunks, "CHUNK", 5)

    def stop(told: float, _: str) -> None:
        if told >= share:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        do(tmp_path, job(blobs), blobs, stop)
    do(tmp_path, job(blobs), blobs)
    assert (tmp_path / CLASSIFIER).read_bytes() == (done / CLASSIFIER).read_bytes()
    ours, theirs = read_hard_ood(tmp_path / HARD_OOD), read_hard_ood(done / HARD_OOD)
    assert (ours.ids == theirs.ids).all()
    assert (ours.clusters == theirs.clusters).all()
    np.testing.assert_allclose(ours.features, theirs.features, atol=1e-5)  # batches are cut elsewhere


@pytest.mark.parametrize("candidates", [0, 2])
def test_fewer_candidates_than_clusters(tmp_path, blobs, candidates):
    outcome = do(tmp_path, job(blobs, candidates, 50, {"iterations": 2}), blobs)
    assert outcome["candidates"] == candidates
    assert len(read_hard_ood(tmp_path / HARD_OOD)) == outcome["hard_images"] <= candidates


def test_hard_candidates_come_back_from_their_file(tmp_path, done):
    hard = read_hard_ood(done / HARD_OOD)
    write_hard_ood(tmp_path / "copy.npz", hard)
    again = read_hard_ood(tmp_path / "copy.npz")
    for name in ("ids", "features", "clusters", "head", "labeled_features"):
        assert (getattr(again, name) == getattr(hard, name)).all()
        assert getattr(again, name).dtype == getattr(hard, name).dtype


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_damaged_file_of_candidates_is_refused_by_name(tmp_path, done, part):
    content = (done / HARD_OOD).read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: int(part * len(content))])
    with pytest.raises(InvalidArgument, match=r"cut\.npz"):
        read_hard_ood(tmp_path / "cut.npz")
    with pytest.raises(ModelNotFound, match=r"none\.npz"):
        read_hard_ood(tmp_path / "none.npz")
