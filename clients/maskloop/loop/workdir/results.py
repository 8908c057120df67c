"""What a run leaves in WORKDIR after every round: its best network, people's labels, and proposals for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from maskloop.datasets.read import Data
from maskloop.errors import PoolNotScored
from maskloop.formats.coco.writing import write_coco
from maskloop.formats.files import write_atomically
from maskloop.loop.arms import ArmResult
from maskloop.pages.wording import say_measure, say_number
from maskloop.values import FullLabel, Image, LabelContent, PseudoLabels, SupervisionKind

MODEL_FILE = "model.safetensors"
LABELS_FILE = "labels.coco.json"
TEST_FILE = "test.coco.json"
PREDICTIONS_FILE = "predictions.coco.json"
STUDENT_FILE = "student.safetensors"
PSEUDO_FILE = "pseudo.coco.json"
IMAGES_FOLDER = "images"


def leave_results(campaign: ArmResult, data: Data, workdir: Path) -> None:
    """Write what there is so far; each file is replaced whole.

    Images are written where those that were labeled lie nowhere as they were.
    """
    session, arm = campaign.session, campaign.arm
    client, project_id, best = session.client, session.project_id, arm.best
    client.read_model(project_id=project_id, model_version=best.model.id, path=workdir / MODEL_FILE)
    labels = {label.image_id: label.content for label in client.list_labels(project_id=project_id, kind=FULL)}
    test = session.books.ledger.tested
    given = {image.file_name for image in data.test}
    learnt = {key: said for key, said in labels.items() if key not in test and _name(campaign, key) not in given}
    _write_labels(workdir / LABELS_FILE, campaign, learnt)
    if test:
        _write_labels(workdir / TEST_FILE, campaign, {key: labels[key] for key in labels if key in test})
    _leave_predictions(campaign, best.model.id, workdir)
    for image in (data.by_name[_name(campaign, key)] for key in labels if _name(campaign, key) not in given):
        if not image.is_a_file:
            write_atomically(workdir / IMAGES_FOLDER / image.file_name, image.read())


def leave_student(campaign: ArmResult, workdir: Path) -> None:
    """Write the student network and its pseudo-labels, if one was trained."""
    if campaign.student is None:
        return
    session, student = campaign.session, campaign.student
    path = workdir / STUDENT_FILE
    session.client.read_model(project_id=session.project_id, model_version=student.model.id, path=path)
    write_atomically(workdir / PSEUDO_FILE, student.document)


def say_which_network(campaign: ArmResult) -> str:
    """Which network was left, where it is not the last one; else ""."""
    arm = campaign.arm
    best, last = arm.best, arm.rounds[-1].measured
    if best is last:
        return ""
    return (
        f"{MODEL_FILE} is the network of round {best.number}: its {say_measure(arm.decided_by)} "
        f"is {say_number(arm.quality(best), 3)}, that of the last one {say_number(arm.quality(last), 3)}."
    )


FULL = SupervisionKind.FULL


def _leave_predictions(campaign: ArmResult, model_version: str, workdir: Path) -> None:
    """What the best network proposes for images that nobody has labeled, as far as it has read the pool."""
    session = campaign.session
    try:
        document = session.client.export_pseudo_labels(
            project_id=session.project_id, pseudo=PseudoLabels(model_version, 0.0, seed=session.training.seed)
        )
    except PoolNotScored:
        return
    write_atomically(workdir / PREDICTIONS_FILE, document)


def _write_labels(path: Path, campaign: ArmResult, labels: Mapping[str, LabelContent]) -> None:
    images: Mapping[str, Image] = campaign.session.images
    full = {images[key].file_name: said for key, said in labels.items() if isinstance(said, FullLabel)}
    objects = {name: said.objects for name, said in full.items()}
    reviews = {name: said.review for name, said in full.items() if said.review is not None}
    write_coco(path, campaign.session.categories, [images[key] for key in labels], objects, reviews=reviews)


def _name(campaign: ArmResult, image_id: str) -> str:
    return campaign.session.images[image_id].file_name
