"""Buying from a real server with simulated people, without any network: random order, counts, ends of budgets."""

import io
import uuid
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Picture
from rich.console import Console

from maskloop.client import Client
from maskloop.client.local_server import LocalServer
from maskloop.costs.cost_model import CostModel
from maskloop.datasets.read import Data
from maskloop.errors import FailedPrecondition, InvalidBudget
from maskloop.formats.bad_entries import PassedOver
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.coco.writing import write_coco
from maskloop.labelers import Answers, GroundTruthLabeler
from maskloop.loop.arms import ArmName, open_arm
from maskloop.loop.buying import buy
from maskloop.loop.campaign import begin, buy_test_images, say_what_books_lack
from maskloop.loop.goals import FirstBatchGoal, ImageLevelGoal
from maskloop.loop.options import Options
from maskloop.loop.planning.plan import plan_of
from maskloop.loop.progress import LineProgress
from maskloop.loop.revisions import take_revisions
from maskloop.loop.rounds import count_more
from maskloop.loop.stopping import why_nothing_more
from maskloop.loop.weak_start import begin_weakly
from maskloop.masks import Mask
from maskloop.values import (
    UNAIDED,
    Assist,
    BoxesLabel,
    Budget,
    Category,
    FullLabel,
    ObjectLabel,
    OutlinePrice,
    PointsLabel,
    ScribblesLabel,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)

pytestmark = pytest.mark.journey

CATEGORIES = (Category(1, "crack"), Category(2, "rust"))
OBJECTS = (0, 1, 1, 1, 2, 2, 3, 3, 5, 8)  # of class crack, by pool image; each costs 1 + 79 n, the empty one 2


def squares(number):
    found = []
    for place in range(number):
        pixels = np.zeros((20, 20), dtype=bool)
        pixels[2 * place : 2 * place + 2, :5] = True
        found.append(ObjectLabel(1, Mask.from_array(pixels)))
    return tuple(found)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    labels = {f"pool-{n}.png": squares(number) for n, number in enumerate(OBJECTS)} | {"test.png": squares(1)}
    for name in labels:
        Picture.fromarray(rng.integers(0, 255, (20, 20, 3), dtype=np.uint8)).save(folder / "images" / name)
    sizes = [Size(name) for name in labels]
    write_coco(folder / "annotations.json", CATEGORIES, sizes, labels)
    (folder / "test.txt").write_text("test.png")
    return Data("squares", read_coco_folder(folder))


class Size:
    def __init__(self, file_name):
        self.file_name, self.width, self.height = file_name, 20, 20


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("server")
    with LocalServer(workdir, "cpu", print) as server, Client(server.address) as found:
        yield found


class Shop:
    """An arm opened for one test: its session, labeler and plan."""

    def __init__(self, client, data, project, budget, strategy="random", *, keeping=None, **asked):
        options = Options(budget=budget, data="coco:x", strategy=strategy, **asked)
        name = ArmName(Strategy(strategy), project)
        run_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, project))
        self.said = io.StringIO()
        progress = LineProgress(Console(file=self.said), lambda: 0.0)
        self.session = open_arm(
            client,
            name,
            data,
            options=options,
            run_id=run_id,
            progress=progress,
            clock=lambda: 0.0,
            keeping=keeping,
        )
        self.ledger = self.session.ledger
        objects = {
            image.id: data.dataset.by_name[image.file_name].objects
            for image in self.session.images.values()
            if image.split is Split.POOL
        }
        self.objects = {image_id: len(found) for image_id, found in objects.items()}
        self.labeler = GroundTruthLabeler(objects, CostModel(2))
        self.plan = plan_of(options, Strategy(strategy), 2)

    def buy_all(self, name="all"):
        wish = self.plan.batch(3, self.ledger)
        goal = self.plan.rest(wish, self.ledger)
        return buy(name, self.session, self.labeler, kind=SupervisionKind.FULL, goal=goal, strategy=Strategy("random"))

    def cost_s(self, image_id):
        return 1 + 79 * self.objects[image_id] if self.objects[image_id] else 2

    def server_spent_s(self):
        here = {"project_id": self.session.project_id, "campaign_id": self.session.campaign_id}
        return self.session.client.get_campaign(**here).spent_s


def test_money_is_spent_until_the_cheapest_image_that_is_left_does_not_fit(client, data):
    shop = Shop(client, data, "to-the-end", "600s")
    purchase = shop.buy_all()
    assert purchase.exhausted
    assert shop.ledger.spent_s == sum(shop.cost_s(pick.image_id) for pick, _ in purchase.labeled)
    assert shop.ledger.spent_s == shop.server_spent_s() <= 600
    left = shop.objects.keys() - shop.ledger.labeled
    assert left
    assert min(map(shop.cost_s, left)) > shop.ledger.left_s
    assert set(shop.ledger.passed_over.values()) == {SkipReason.OVER_BUDGET}
    assert "costs more" in why_nothing_more(1, shop.session, shop.plan)


class Unknowing(GroundTruthLabeler):
    """Answers as the data does, and does not tell beforehand what it will say."""

    def known_objects(self, image_id):
        return None

    def least_cost_s(self, image_id, kind, counts_paid_s, assist):
        return 0.0


def test_images_that_cost_too_much_are_not_looked_at_one_by_one_to_buy_nothing(client, data):
    shop = Shop(client, data, "no-looking", "100s")
    dear = dict.fromkeys(shop.objects, squares(2)), CostModel(2)
    shop.labeler = GroundTruthLabeler(*dear)
    first = shop.buy_all()
    assert (len(first.batches), first.labeled, first.exhausted) == (1, (), True)
    shop.labeler = Unknowing(*dear)
    rest = shop.buy_all("rest")
    assert (len(rest.batches), rest.labeled, rest.exhausted) == (len(OBJECTS) - 1, (), True)


def test_a_budget_beyond_the_pool_buys_the_pool(client, data):
    shop = Shop(client, data, "whole-pool", "10h")
    shop.buy_all()
    assert shop.ledger.labeled == shop.objects.keys()
    assert shop.ledger.passed_over == {}
    assert why_nothing_more(1, shop.session, shop.plan) == "every image of the pool is labeled"


def test_an_exact_fit_is_bought(client, data):
    total_s = sum(1 + 79 * number if number else 2 for number in OBJECTS)
    shop = Shop(client, data, "exact-fit", f"{total_s}s")
    shop.buy_all()
    assert shop.ledger.left_s == 0
    assert shop.ledger.labeled == shop.objects.keys()


def test_a_budget_of_images_buys_so_many_whatever_they_cost(client, data):
    shop = Shop(client, data, "four-images", "4images")
    shop.buy_all()
    assert len(shop.ledger.labeled) == 4
    assert why_nothing_more(1, shop.session, shop.plan) == "all 4 images of the budget are labeled"


def test_repeating_a_purchase_changes_nothing_and_ends_the_same(client, data):
    first = Shop(client, data, "again", "600s")
    bought = first.buy_all()
    second = Shop(client, data, "again", "600s")
    repeated = second.buy_all()
    assert [label.id for _, label in repeated.labeled] == [label.id for _, label in bought.labeled]
    assert second.ledger.spent_s == first.ledger.spent_s == second.server_spent_s()
    assert second.ledger.passed_over == first.ledger.passed_over


def test_the_first_batch_comes_before_counts_of_other_images_and_counts_stay_in_their_share(client, data):
    shop = Shop(
        client, data, "first-and-counts", "1000s", strategy="mask_guided", counts=True, initial="2", counts_share=0.012
    )
    initial = begin(shop.session, shop.labeler, shop.plan)
    assert len(initial.labeled) == 2
    counted = shop.ledger.counts_paid_s
    assert counted
    assert not counted.keys() & shop.ledger.labeled
    assert sum(counted.values()) <= 12
    assert all(paid_s == (3.48 if shop.objects[image] else 2) for image, paid_s in counted.items())


def test_more_is_counted_when_the_counted_images_run_out(client, data):
    shop = Shop(
        client, data, "count-more", "1000s", strategy="mask_guided", counts=True, initial="1", counts_share=0.012
    )
    begin(shop.session, shop.labeler, shop.plan)
    first = set(shop.ledger.counts_paid_s)
    assert not count_more(1, Budget(images=1), shop.session, shop.labeler, shop.plan)
    assert count_more(1, Budget(images=9), shop.session, shop.labeler, shop.plan)
    more = shop.ledger.counts_paid_s.keys() - first
    assert more
    assert not more & shop.ledger.labeled
    assert sum(shop.ledger.counts_paid_s[image] for image in more) <= 0.012 * 1000
    assert shop.ledger.spent_s == shop.server_spent_s()


def test_without_scores_nothing_is_counted(client, data):
    shop = Shop(client, data, "no-counts", "1000s", initial="2")
    begin(shop.session, shop.labeler, shop.plan)
    assert shop.ledger.counts_paid_s == {}


def test_a_full_label_of_a_counted_image_costs_the_remainder(client, data):
    shop = Shop(client, data, "remainder", "10h", strategy="mask_guided", counts=True, initial="1", counts_share=1.0)
    begin(shop.session, shop.labeler, shop.plan)
    assert len(shop.ledger.counts_paid_s) == 9
    purchase = shop.buy_all()
    for pick, label in purchase.labeled:
        paid_s = shop.ledger.counts_paid_s[pick.image_id]
        assert label.cost_s == pick.cost_s == pytest.approx(max(0, shop.cost_s(pick.image_id) - paid_s))
        assert (label.seconds_spent, label.charged_s) == (None, label.cost_s)


@pytest.mark.parametrize("counts", [False, True])
def test_outlines_by_length_are_charged_planned_and_spent_alike(client, data, counts):
    asked = {"strategy": "mask_guided", "counts": True, "initial": "1", "counts_share": 1.0} if counts else {}
    shop = Shop(client, data, f"by-length-{counts}".lower(), "300s", outline_cost="5+30", **asked)
    costs = CostModel(2, OutlinePrice(5, 30))
    there = {image_id: shop.labeler.known_objects(image_id) for image_id in shop.objects}
    shop.labeler = GroundTruthLabeler(there, costs)
    assert shop.session.costs == shop.plan.costs == costs
    if counts:
        begin(shop.session, shop.labeler, shop.plan)
    purchase = shop.buy_all()
    assert purchase.exhausted
    assert purchase.labeled
    for pick, label in purchase.labeled:
        whole_s = FullLabel(there[pick.image_id]).cost_s(costs, shop.ledger.counts_paid_s.get(pick.image_id, 0.0))
        assert label.cost_s == pytest.approx(whole_s, abs=1e-3)
    assert shop.ledger.spent_s == shop.server_spent_s() <= 300


def test_a_budget_that_buys_no_image_of_the_pool_is_told(client, data):
    shop = Shop(client, data, "too-small", "2s")
    expensive = {image_id: squares(3) for image_id in shop.session.images}
    shop.labeler = GroundTruthLabeler(expensive, CostModel(2))
    with pytest.raises(InvalidBudget, match="each costs more than there is"):
        begin(shop.session, shop.labeler, shop.plan)
    assert shop.server_spent_s() == 0


class ByParts(GroundTruthLabeler):
    """Answers all but the first image of a task later."""

    def label(self, task):
        drafts = super().label(task).drafts
        return Answers(drafts[:1], later=tuple(draft.image_id for draft in drafts[1:]))

    def revised(self, task, known):
        return Answers(tuple(draft for draft in super().label(task).drafts if draft.image_id not in known))


def test_a_batch_whose_rest_has_come_is_no_longer_kept_and_the_next_one_is_bought(client, data):
    shop = Shop(client, data, "by-parts", "6images", batch="3images")
    shop.labeler = ByParts(shop.labeler._objects, CostModel(2))
    assert len(shop.buy_all().labeled) == 1
    session = shop.session
    session.keep_leases()
    assert len(session.books.open_batches) == 1
    assert take_revisions("before-2", session, shop.labeler, is_measured=True, is_last=False)
    assert len(shop.ledger.labeled) == 3
    assert shop.buy_all("next").labeled
    session.give_back()


def test_the_rest_of_image_level_labels_waits_for_nobody_and_what_came_too_late_is_left(client, data):
    """One image of ten is looked at; two are outlined then, and only the other seven still get their class labels."""
    shop = Shop(client, data, "classes-by-parts", "3images", initial="2images", weak="image_level", weak_share=0.5)
    session, weak = shop.session, SupervisionKind.IMAGE_LEVEL
    shop.labeler = ByParts(shop.labeler._objects, CostModel(2))
    (looked_at,) = buy("classes", session, shop.labeler, kind=weak, goal=ImageLevelGoal(20.0, 2.0)).labeled
    assert session.books.open_batches == []
    everybody = GroundTruthLabeler(shop.labeler._objects, CostModel(2))
    goal, random = shop.plan.initial(shop.ledger), Strategy("random")
    outlined = buy("first", session, everybody, kind=SupervisionKind.FULL, goal=goal, strategy=random).labeled
    assert len(outlined) == 2
    assert take_revisions("before-1", session, shop.labeler, is_measured=False, is_last=False)
    told = {label.image_id for label in session.client.list_labels(project_id=session.project_id, kind=weak)}
    assert told == shop.objects.keys() - {pick.image_id for pick, _ in outlined} | {looked_at[0].image_id}


def test_boxes_of_other_images_are_bought_beside_the_first_batch_and_a_round(client, data):
    """Of a quarter for boxes: a third of what the outlined images took, as far as the server can tell beforehand."""
    shop = Shop(client, data, "boxed-beside", "1h", initial="2images", kinds="boxes=0.25,full")
    first = begin(shop.session, shop.labeler, shop.plan)
    outlined, session = {pick.image_id for pick, _ in first.labeled}, shop.session
    assert len(outlined) == 2
    labels = list(session.client.list_labels(project_id=session.project_id, kind=SupervisionKind.BOXES))
    assert outlined.isdisjoint(label.image_id for label in labels)
    for label in labels:
        assert label.content == BoxesLabel.of(squares(shop.objects[label.image_id]))
    assert shop.ledger.spent_on(SupervisionKind.BOXES) == sum(label.cost_s for label in labels) > 0
    assert len(labels) < 8
    (goal,) = shop.plan.marks_of(shop.plan.shares, Budget(seconds=200), shop.ledger)
    more = buy("more-boxes", session, shop.labeler, kind=SupervisionKind.BOXES, goal=goal).labeled
    assert more
    shop.buy_all()
    holding = {image for image, objects in shop.objects.items() if objects}
    assert shop.ledger.labeled >= holding  # a boxed image may be outlined after all; one without a box need not


def test_every_kind_of_mark_gets_its_share_and_each_image_one_of_them(client, data):
    """Boxes, strokes and points of a batch are bought in that order, so that none says less than what is there."""
    shop = Shop(client, data, "marked", "1h", initial="2images", kinds="points=0.02,boxes=0.1,scribbles=0.15,full")
    first = begin(shop.session, shop.labeler, shop.plan)
    outlined, session = {pick.image_id for pick, _ in first.labeled}, shop.session
    marked = {}
    for content in (BoxesLabel, ScribblesLabel, PointsLabel):
        labels = list(session.client.list_labels(project_id=session.project_id, kind=content.kind))
        assert labels
        assert all(label.content == content.of(squares(shop.objects[label.image_id])) for label in labels)
        assert shop.ledger.spent_on(content.kind) == pytest.approx(sum(label.charged_s for label in labels))
        marked[content.kind] = {label.image_id for label in labels}
    assert sum(map(len, marked.values())) == len(set().union(*marked.values()))
    assert outlined.isdisjoint(set().union(*marked.values()))


def test_boxes_that_are_bought_first_teach_a_network_that_helps_with_the_first_batch(client, data):
    small = "pretrained,image_size=64,width=8,tower=8,views=1,iterations=2"
    shop = Shop(client, data, "boxes-first", "1h", initial="2images", weak="boxes", weak_share=0.02, recipe=small)
    help_ = begin_weakly(shop.session, shop.labeler, shop.plan, 0)
    assert shop.ledger.spent_on(SupervisionKind.BOXES) > 0
    assert not shop.ledger.labeled
    assert help_.assist is Assist.PROPOSALS
    model = client.get_model(project_id=shop.session.project_id, model_version=help_.model_version)
    boxed = list(client.list_labels(project_id=shop.session.project_id, kind=SupervisionKind.BOXES))
    assert (model.recipe, model.labeled_images, model.boxed_images) == ("pretrained", 0, len(boxed))
    assert "a network that has learnt from" in shop.said.getvalue()
    assert begin_weakly(shop.session, shop.labeler, shop.plan, 0) == help_  # what was bought is not bought again
    again = client.list_labels(project_id=shop.session.project_id, kind=SupervisionKind.BOXES)
    assert list(again) == boxed


def test_where_every_image_holds_every_class_people_draw(client, tmp_path):
    """A classifier would have nothing to tell the objects from; no network is trained."""
    (tmp_path / "images").mkdir()
    both = (squares(2)[0], replace(squares(2)[1], category_id=2))
    labels = {f"pool-{n}.png": both for n in range(4)} | {"test.png": both}
    for number, name in enumerate(labels):
        Picture.new("RGB", (20, 20), (40 * number, 0, 0)).save(tmp_path / "images" / name)
    write_coco(tmp_path / "annotations.json", CATEGORIES, [Size(name) for name in labels], labels)
    (tmp_path / "test.txt").write_text("test.png")
    data = Data("alike", read_coco_folder(tmp_path))
    shop = Shop(client, data, "no-contrast", "2h", initial="2images", weak="image_level", weak_share=0.01)
    assert begin_weakly(shop.session, shop.labeler, shop.plan, 0) == UNAIDED
    assert shop.ledger.spent_on(SupervisionKind.IMAGE_LEVEL) > 0
    assert "every labeled image holds crack and rust, and nothing shows" in shop.said.getvalue().replace("\n", " ")
    assert not list(client.list_models(project_id=shop.session.project_id))


def test_where_class_labels_teach_nothing_people_draw_and_a_repeated_run_does_not_ask_again(client, data):
    """What was bought is kept, and the campaign goes on: here the server refuses the network's options."""
    shop = Shop(client, data, "taught-nothing", "2h", initial="2images", weak="image_level", weak_share=0.01)
    refused = replace(shop.plan, weak=replace(shop.plan.weak, overrides={"closng": 3}))
    assert begin_weakly(shop.session, shop.labeler, refused, 0) == UNAIDED
    assert "People draw the first batch: recipe option 'closng' is unknown" in shop.said.getvalue()
    assert shop.ledger.spent_on(SupervisionKind.IMAGE_LEVEL) > 0
    asked = len(list(client.list_operations(project_id=shop.session.project_id)))
    assert begin_weakly(shop.session, shop.labeler, shop.plan, 0) == UNAIDED  # it would be taken by now
    assert len(list(client.list_operations(project_id=shop.session.project_id))) == asked


def test_an_image_that_was_looked_at_before_is_no_other_tasks_when_it_is_outlined_later(client, data):
    shop = Shop(client, data, "looked-at-before", "9images")
    session, weak = shop.session, SupervisionKind.IMAGE_LEVEL
    buy("classes", session, shop.labeler, kind=weak, goal=ImageLevelGoal(20.0, 2.0))
    shop.labeler = ByParts(shop.labeler._objects, CostModel(2))
    first = shop.buy_all("first")
    assert [each.later > 0 for each in first.batches] == [True]
    assert take_revisions("before-1", session, shop.labeler, is_measured=False, is_last=False)
    assert len(shop.ledger.labeled) == len(first.batches[0].batch.picks)


def test_notes_that_were_lost_are_told_by_what_the_server_has_charged(client, data):
    shop = Shop(client, data, "lost-notes", "3images")
    said = shop.said
    shop.buy_all()
    say_what_books_lack(shop.session)
    assert "not whole" not in said.getvalue()
    shop.ledger.spent_s_by_kind.clear()
    say_what_books_lack(shop.session)
    assert "this run knows of 0 s: its notes are not whole" in " ".join(said.getvalue().split())


def test_images_that_are_gone_when_a_run_goes_on_are_named_with_what_became_of_them(client, data):
    Shop(client, data, "gone", "3images")
    dataset = data.dataset
    fewer = replace(
        dataset,
        train=tuple(name for name in dataset.train if name not in ("pool-1.png", "pool-2.png")),
        passed_over=(PassedOver("pool-2.png", "it does not decode"),),
    )
    with pytest.raises(FailedPrecondition, match=r"2 images of this run: pool-1\.png, pool-2\.png \(it does not de"):
        Shop(client, Data("squares", fewer), "gone", "3images")


@pytest.mark.parametrize("is_measured", [False, True])
def test_the_rest_of_the_test_images_is_taken_until_a_network_was_measured_and_then_told(client, data, is_measured):
    shop = Shop(client, data, f"late-tests-{is_measured}".lower(), "1h")
    labeler, session = ByParts(shop.labeler._objects, CostModel(2)), shop.session
    plan = replace(shop.plan, test=FirstBatchGoal(Budget(images=3), True, 60.0, for_split=Split.TEST))
    buy_test_images(session, labeler, plan)
    given = len(session.books.test_set.truths)
    for look in ("first", "second"):
        took = take_revisions(look, session, labeler, is_measured=is_measured, is_last=False)
        assert took is (not is_measured and look == "first")
    assert len(session.books.test_set.truths) == given + (0 if is_measured else 2)
    assert shop.said.getvalue().count("test: left out, since a network was measured without them") == is_measured
    assert shop.ledger.spent_s == shop.server_spent_s()
