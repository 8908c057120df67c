"""Other people's networks answer prompts: real servers, over real sockets, with small networks of their own classes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maskloop.errors import InvalidPrompt, ModelNotFound
from maskloop.values import (
    Category,
    FullLabel,
    LabelDraft,
    ObjectLabel,
    Origin,
    Prompt,
    PromptPoint,
    Rejection,
    Review,
    Verdict,
)
from tests.models.foreign.made import WRITERS, written
from tests.service.processes import ROOT, ServerProcess
from tests.service.squares import SIDE, imports

pytestmark = pytest.mark.slow  # a server of each kind; how they differ is looked at in `tests/models/foreign`

BOX = Prompt(box=(4, 4, 14, 12))
POINT = Prompt(category_id=1, points=(PromptPoint(9, 9), PromptPoint(30.5, 1, on_object=False)))
PATIENCE_S = 120.0


class Served:
    """A server that a small network answers for, and a project with labeled images and two without."""

    def __init__(self, kind: str, folder) -> None:
        self.name = written(kind, folder)
        self.server = ServerProcess(folder / "data", prompter=self.name)
        self.client = self.server.client
        self.client.create_project(project_id="p", categories=[Category(1, "square")])
        made = self.client.import_images(project_id="p", images=imports(10, 0, 4))
        self.labeled, self.open = [image.id for image in made[:10]], [image.id for image in made[10:]]

    def ask(self, image_id: str, *prompts: Prompt, **more: str):
        return self.client.propose_masks(project_id="p", image_id=image_id, prompts=prompts or (BOX,), **more)


@pytest.fixture(scope="module", params=WRITERS)
def served(request, tmp_path_factory):
    made = Served(request.param, tmp_path_factory.mktemp(request.param))
    with made.server:
        yield made


def test_it_answers_without_any_model_version_and_by_its_name(served):
    answer = served.ask(served.open[0], BOX, POINT)
    assert answer.model_version == served.name.short
    assert [proposal.category_id for proposal in answer.proposals] == [1, 1]
    for proposal in answer.proposals:
        assert (proposal.mask.height, proposal.mask.width) == (SIDE, SIDE)
        assert 0 <= proposal.predicted_iou <= 1
    assert not answer.proposals[1].mask.to_array()[1, 30]
    by_name = served.ask(served.open[0], BOX, POINT, model_version=served.name.short)
    assert [item.id for item in by_name.proposals] == [item.id for item in answer.proposals]


def test_its_iou_is_calibrated_once_it_was_measured_on_the_labels(served):
    until = time.monotonic() + PATIENCE_S
    while (answer := served.ask(served.open[1])).uncalibrated and time.monotonic() < until:
        time.sleep(0.2)
    assert not answer.uncalibrated
    assert all(0 <= proposal.predicted_iou <= 1 for proposal in answer.proposals)
    assert not served.ask(served.labeled[0]).uncalibrated  # by a head that left the image out


def test_a_label_names_what_it_offered(served):
    image_id = served.open[2]
    first, second = served.ask(image_id, BOX, POINT).proposals
    made = ObjectLabel(1, first.mask, origin=Origin(Verdict.ACCEPTED, first.id, prompted=True))
    review = Review(served.name.short, (Rejection(second.id, prompted=True),))
    draft = LabelDraft(image_id, FullLabel((made,), review))
    (label,) = served.client.submit_labels(project_id="p", annotator="ada", labels=[draft])
    assert label.content.review.model_version == served.name.short
    assert [item.id for item in label.content.review.proposals] == [first.id, second.id]
    assert label.objects[0].origin.iou == 1
    stranger = LabelDraft(served.open[3], FullLabel((), Review("sam:another")))
    with pytest.raises(ModelNotFound, match="sam:another"):
        served.client.submit_labels(project_id="p", annotator="ada", labels=[stranger])


def test_where_there_are_several_categories_a_prompt_names_one(served):
    client = served.client
    client.create_project(project_id="several", categories=[Category(1, "a"), Category(2, "b")])
    (image,) = client.import_images(project_id="several", images=imports(0, 0, 1))
    named = Prompt(2, BOX.box)
    (proposal,) = client.propose_masks(project_id="several", image_id=image.id, prompts=[named]).proposals
    assert proposal.category_id == 2
    if served.name.kind in ("sam", "sam2"):
        with pytest.raises(InvalidPrompt, match="prompt 1 names no category"):
            client.propose_masks(project_id="several", image_id=image.id, prompts=[named, BOX])


def test_a_version_that_is_named_answers_as_before(served):
    recipe = {"image_size": 64, "width": 16, "tower": 16, "region": 8, "views": 2}
    short = {"min_iterations": 5, "max_iterations": 5}
    client = served.client
    operation = client.train_model(project_id="p", recipe="pretrained", overrides={**recipe, **short}, activate=True)
    client.wait_operation(operation)
    active = client.get_model(project_id="p").id
    assert served.ask(served.open[0], model_version=active).model_version == active
    assert served.ask(served.open[0]).model_version == served.name.short


def refused(folder: Path, prompter: str, hidden: str = "") -> str:
    """What `maskloop serve` says as it refuses to begin; `hidden` is a package that is not installed."""
    hide = f"import sys; sys.modules[{hidden!r}] = None; " if hidden else ""
    serve = "from service.__main__ import app; app()"
    options = ["serve", "--address", "127.0.0.1:0", "--data-dir", str(folder / "data")]
    done = subprocess.run(
        [sys.executable, "-c", hide + serve, *options],
        env={**os.environ, "MASKLOOP_PROMPTER": prompter},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 2
    assert not done.stdout
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("prompter", "words"),
    [
        ("sma:folder", "'sma' is none of sam, sam2, maskrcnn, onnx; did you mean 'sam'"),
        ("folder", "prompter 'folder' is not of the form KIND:WHERE"),
        ("sam:/no/such/folder", "prompter sam:/no/such/folder: there is no folder /no/such/folder"),
        ("onnx:/no/such.onnx", "prompter onnx:/no/such.onnx: there is no file /no/such.onnx"),
    ],
)
def test_what_is_not_there_is_refused_when_the_server_starts(tmp_path, prompter, words):
    assert words in refused(tmp_path, prompter)


def test_a_folder_that_holds_another_network_is_refused_when_the_server_starts(tmp_path):
    folder = written("sam2", tmp_path).source
    said = refused(tmp_path, f"sam:{folder}")
    assert f"prompter sam:{folder} " in said


@pytest.mark.parametrize(
    ("prompter", "package", "extra"),
    [("sam:folder", "transformers", "sam"), ("onnx:file.onnx", "onnxruntime", "onnx")],
)
def test_a_missing_extra_is_told_by_name(tmp_path, prompter, package, extra):
    said = refused(tmp_path, prompter, hidden=package)
    assert f"prompter {prompter} needs {package}: pip install 'maskloop[{extra}]'" in said
