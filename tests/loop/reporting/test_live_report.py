"""The report of a live project: a real server, three trainings of seconds, people who report their time."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from maskloop.client import Client
from maskloop.errors import CampaignNotFound, InvalidArgument
from maskloop.loop.reporting.live_report import LiveProject
from maskloop.report import read_report
from maskloop.values import (
    Budget,
    Category,
    Counts,
    FullLabel,
    ImageImport,
    ImageLevelLabel,
    LabelDraft,
    OodAnswer,
    Rejection,
    Review,
    Split,
    Strategy,
    SupervisionKind,
)
from tests.service.processes import ServerProcess
from tests.service.squares import TINY, imports, squares

pytestmark = pytest.mark.slow

COUNTS, FULL, OOD_CHECK = SupervisionKind.COUNTS, SupervisionKind.FULL, SupervisionKind.OOD_CHECK
CLASSIFIER = {"image_size": 32, "iterations": 40, "held_out": 0.0}
BUDGET_S = 1000.0
OUTLINE_S = 40.0
"""What a square takes these people; 79 s are planned."""


class People:
    """A project of squares, labeled as they are, in the order in which the server asks.

    Of its candidates, believed to hold nothing, three are squares after all, and three only look like it.
    """

    def __init__(self, client):
        self.client = client
        client.create_project(project_id="p", categories=[Category(1, "square"), Category(2, "circle")])
        brought = imports(train=0, test=4, pool=12)
        objects = {name: shown for name, _, shown in squares(len(brought))}
        for name, data, shown in (*squares(3, 8, "candidate"), *squares(3, 9, "hollow", hollow=True)):
            brought.append(ImageImport(name, Split.OOD, data=data))
            objects[name] = shown
        images = list(client.import_images(project_id="p", images=brought))
        self.objects = {image.id: objects[image.file_name] for image in images}
        budget = Budget(seconds=BUDGET_S)
        client.create_campaign(
            project_id="p",
            campaign_id="c",
            budget=budget,
            strategy=Strategy("mask_guided", {"target": "0.5", "trust": "any"}),
        )

    def label(self, kind, images, strategy=None, model=""):
        """With a model, its proposals are at hand: each is rejected, and every object drawn."""
        asked = {"project_id": "p", "annotator": "ada"}
        batch = self.client.select_batch(campaign_id="c", kind=kind, images=images, strategy=strategy, **asked)
        drafts = [self.draft(pick.image_id, kind) for pick in batch.picks]
        if model:
            ids = [pick.image_id for pick in batch.picks]
            offered = self.client.get_proposals(project_id="p", image_ids=ids, model_version=model)
            shown = {each.image_id: [Rejection(item.id) for item in each.objects] for each in offered}
            drafts = [
                replace(draft, content=replace(draft.content, review=Review(model, tuple(shown[draft.image_id]))))
                for draft in drafts
            ]
            self.rejected = sum(map(len, shown.values()))
        self.client.submit_labels(batch_id=batch.id, labels=drafts, **asked)
        return batch

    def draft(self, image_id, kind):
        if kind is COUNTS:
            return LabelDraft(image_id, Counts({1: 1}), seconds_spent=4.0)
        if kind is OOD_CHECK:
            return LabelDraft(image_id, OodAnswer(int(self.is_square(image_id))), seconds_spent=2.0)
        return LabelDraft(image_id, FullLabel(self.objects[image_id]), seconds_spent=OUTLINE_S)

    def is_square(self, image_id):
        return bool(self.objects[image_id])

    def classify(self):
        asked = self.client.train_classifier(project_id="p", overrides=CLASSIFIER, seed=1, clusters=2)
        return self.client.wait_operation(asked).result

    def train(self, seed):
        trained = self.client.wait_operation(
            self.client.train_model(project_id="p", recipe="compact", overrides=TINY, seed=seed)
        )
        self.client.wait_operation(self.client.evaluate_model(project_id="p", split=Split.TEST))
        return trained.result_id


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def history(server):
    """What was chosen and trained, in order."""
    people = People(server.client)
    first = people.label(FULL, 3, Strategy("random"))
    counted = people.label(COUNTS, 6)
    model = people.train(1)
    server.client.wait_operation(server.client.score_pool(project_id="p"))
    guided = people.label(FULL, 2, model=model)
    found = {"first": first, "counted": counted, "model": model, "guided": guided}
    found["rejected"] = people.rejected
    found["classifier"] = people.classify()
    found["looks"] = [people.label(OOD_CHECK, 2), people.label(OOD_CHECK, 6)]
    found["said"] = {
        pick.image_id: "square" if people.is_square(pick.image_id) else ""
        for batch in found["looks"]
        for pick in batch.picks
    }
    return {**found, "last": people.train(2)}


@pytest.fixture(scope="module")
def folder(server, history, tmp_path_factory):
    """The report as the command writes it."""
    out = tmp_path_factory.mktemp("report") / "p"
    command = [Path(sys.executable).with_name("maskloop"), "report", "p", "--server", server.address, "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    return out


def test_the_rounds_are_those_that_happened(folder, history):
    report = read_report(folder)
    assert [one.model_version for one in report.rounds] == [history["model"], history["last"]]
    assert [one.labeled_images for one in report.rounds] == [3, 5]
    assert [one.image for one in report.initial] == [pick.image_id for pick in history["first"].picks]
    guided = history["guided"]
    chosen = [(one.image, one.reason, one.score) for one in report.rounds[0].batch]
    assert chosen == [(pick.image_id, pick.reason, pick.score) for pick in guided.picks]
    assert report.rounds[0].target_iou == guided.target_iou
    assert report.rounds[1].batch == ()
    assert all(one.ap50 is not None and one.seconds.train > 0 and one.seconds.evaluate > 0 for one in report.rounds)


def test_networks_of_too_few_labels_for_a_head_report_no_predicted_iou(folder, history):
    report, page = read_report(folder), (folder / "report.html").read_text()
    assert "no IoU head is fitted yet" in history["guided"].fallback
    for one in report.rounds:
        assert (one.head_fitted, one.evaluated, one.iou_mae, one.iou_spearman) == (False, (), None, None)
        assert not any(name.startswith("iou_") for name in one.metrics)
        assert "confidence_mae" in one.metrics
    assert {shown.predicted for shown in report.gallery.images} == {None}
    assert "It does not tell yet. There are too few labels to fit a head" in page


def test_what_was_spent_is_what_the_server_charged(folder, server):
    report, campaign = read_report(folder), server.client.get_campaign(project_id="p", campaign_id="c")
    outlined, counted_s = OUTLINE_S, 4.0  # as measured; planned are 80 and 3.48
    assert report.rounds[0].spent_s == pytest.approx(3 * outlined + 6 * counted_s)
    assert report.rounds[1].spent_s == report.spent_s == campaign.spent_s
    assert report.rounds[1].spent_s_by_kind == report.spent_s_by_kind
    assert (report.budget_s, report.stopped_because) == (BUDGET_S, "")


def test_planned_and_measured_costs_stand_side_by_side(folder, history):
    report = read_report(folder)
    assert (report.costs.full.labels, report.costs.reviews.labels) == (3, 2)  # drawn, and begun with proposals
    item = report.costs.full.item
    assert item.low_s < OUTLINE_S < item.high_s
    assert item.estimated_s < 79 - (79 - OUTLINE_S) / 2
    assert report.measured_s_by_kind == {"counts": 24.0, "full": 200.0, "ood_check": 2.0 * len(history["said"])}
    page = (folder / "report.html").read_text()
    assert "What labels cost" in page
    assert "outlining an object" in page


def test_the_page_shows_what_was_chosen(folder):
    page = (folder / "report.html").read_text()
    assert page.count("masks outlined by the person") == 5
    assert page.count("masks proposed by the network") == 2


def test_the_gallery_shows_the_test_images_of_the_best_network(folder, history, server):
    gallery, page = read_report(folder).gallery, (folder / "report.html").read_text()
    assert gallery.round in {1, 2}
    test = {image.id for image in server.client.list_images(project_id="p", split=Split.TEST)}
    assert {shown.image for shown in gallery.images} <= test
    assert gallery.images
    assert gallery.tested == len(test)
    assert page.count("a test image") == page.count("with outlines: ") == len(gallery.images)


def test_the_reviews_of_proposals_are_told_with_their_round(folder, history):
    reviews, page = read_report(folder).reviews, (folder / "report.html").read_text()
    assert list(reviews.by_round) == [1]
    total = reviews.total
    assert (total.labels, total.shown, total.rejected) == (2, history["rejected"], history["rejected"])
    assert (total.drawn, total.accepted, total.mended, total.boxed) == (2, 0, 0, 0)
    assert (total.measured_labels, total.measured_s) == (2, 2 * OUTLINE_S)
    # Each image holds a square, in a vocabulary of two; counts had cost 1 + 1 + 1.48 s.
    assert total.drawing_s == pytest.approx(2 * (1 + 79 - 3.48))
    assert total.planned_s == pytest.approx(total.drawing_s + 3.5 * history["rejected"])
    assert len(reviews.corrections) == page.count("a proposal in ") == min(8, history["rejected"])
    assert "What people made of proposals" in page
    assert "They drew 2 objects that the network had missed. Proposals saved" in page.replace("\N{NO-BREAK SPACE}", " ")


def test_looks_are_told_with_the_round_in_which_they_were_taken(folder, history):
    report, classifier, said = read_report(folder), history["classifier"], history["said"]
    assert set(said.values()) == {"", "square"}
    (looks,) = report.hard_ood
    assert (looks.round, looks.classifier) == (1, classifier.id)
    assert (looks.candidates, looks.hard_images, looks.clusters) == (6, classifier.hard_images, classifier.clusters)
    assert (looks.checked, looks.not_ood) == (len(said), list(said.values()).count("square"))
    assert {hard.image: hard.answer for hard in looks.images if hard.answer is not None} == said
    assert looks.cost_s == 2.0 * len(said) == report.rounds[1].spent_s_by_kind["ood_check"]
    assert "ood_check" not in report.rounds[0].spent_s_by_kind


def test_the_page_shows_what_was_looked_at(folder, history):
    page = (folder / "report.html").read_text()
    assert "What only looks like it" in page
    names = re.findall(r'<img src="data:[^"]+" alt="((?:candidate|hollow)\d)\.png"', page)
    assert len(names) == len(set(names)) == history["classifier"].hard_images


def test_a_project_without_a_campaign_or_with_several_is_told(server, history, tmp_path):
    client = server.client
    client.create_project(project_id="q", categories=[Category(1, "square")])
    with pytest.raises(CampaignNotFound, match="q has no campaign"):
        LiveProject(client, "q").write_report(tmp_path, "")
    for name in ("a", "b"):
        budget = Budget(images=1)
        client.create_campaign(project_id="q", campaign_id=name, budget=budget, strategy=Strategy("random"))
    with pytest.raises(InvalidArgument, match=r"several campaigns \(a, b\)"):
        LiveProject(client, "q").write_report(tmp_path, "")


def test_a_campaign_that_has_not_begun_has_a_report_that_says_so(server, tmp_path):
    with Client(server.address) as client:
        client.create_project(project_id="r", categories=[Category(1, "square")])
        budget = Budget(images=1)
        client.create_campaign(project_id="r", campaign_id="c", budget=budget, strategy=Strategy("random"))
        report = LiveProject(client, "r").write_report(tmp_path / "r", "")
    assert (report.rounds, report.initial, report.spent_s) == ((), (), 0.0)
    assert "No quality has been measured yet" in (tmp_path / "r" / "report.html").read_text()


def test_a_network_of_class_labels_alone_is_a_round_and_says_what_it_is(server, tmp_path):
    client, asked = server.client, {"project_id": "w"}
    client.create_project(**asked, categories=[Category(1, "square"), Category(2, "circle")])
    images = client.import_images(**asked, images=imports(train=0, test=2, pool=3))
    pool = [image.id for image in images if image.split is Split.POOL]
    client.create_campaign(**asked, campaign_id="c", budget=Budget(seconds=99.0), strategy=Strategy("random"))
    batch = client.select_batch(**asked, annotator="ada", kind=SupervisionKind.IMAGE_LEVEL, images=3)
    told = [LabelDraft(image_id, ImageLevelLabel((1,))) for image_id in pool]
    client.submit_labels(**asked, annotator="ada", batch_id=batch.id, labels=told)
    overrides = {"classifier": "compact", "iterations": 1}
    model = client.wait_operation(client.train_model(**asked, recipe="class_maps", overrides=overrides)).result
    client.wait_operation(client.evaluate_model(**asked))
    (only,) = LiveProject(client, "w").write_report(tmp_path / "w", "").rounds
    assert (only.model_version, only.labeled_images, only.spent_s) == (model.id, 0, 6.0)
    page = (tmp_path / "w" / "report.html").read_text()
    assert "The first network, trained on class labels alone (" in page
    assert '<td class="n">class labels alone</td>' in page
