"""Several annotators, two campaigns, every verb in any order: the books always balance.

After each step the spending, the leases and the candidates in memory are compared with what a slow reading of all
rows says.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from sqlalchemy import select

from maskloop.errors import MaskloopError
from maskloop.values import Batch, Campaign, PickState, SkipReason, Strategy, SupervisionKind
from service.store.batches import get_batch, holders, leased_images, skips_of
from service.store.tables import batches, picks
from tests.service.desks import Server, counts_draft, full_draft

pytestmark = pytest.mark.journey

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS
ANNOTATORS = ("ann", "bob", "eve")
CAMPAIGNS = ("timed", "counted")
STRATEGIES = (None, Strategy("random"), Strategy("mask_guided"), Strategy("mask_guided", {"target": "0.8"}))
COUNTS_OF = st.dictionaries(st.sampled_from([1, 2, 3]), st.integers(0, 3), max_size=3)
POOL = 9


def draw(seed: int, image_id: str) -> int:
    """The random order, by its definition: 53 bits of a hash of seed and image."""
    digest = hashlib.blake2b(f"{seed}/{image_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 11


class Campaigns(RuleBasedStateMachine):
    """The desks of one server against the rows of its store."""

    handed_out = Bundle("handed_out")

    @initialize(budget_s=st.integers(3, 1500), images=st.integers(1, 6))
    def begin(self, budget_s: int, images: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.server = Server(self.folder)
        self.server.create_project()
        self.pool = self.server.import_pool(POOL)
        self.server.create_campaign(float(budget_s), "timed")
        self.server.create_campaign(images=images, campaign_id="counted", seed=1)
        self.server.add_model({image_id: place / POOL for place, image_id in enumerate(self.pool)})
        self.numbers = itertools.count()
        self.seen: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.server.database.close()
            shutil.rmtree(self.folder)

    @rule(
        target=handed_out,
        annotator=st.sampled_from(ANNOTATORS),
        campaign_id=st.sampled_from(CAMPAIGNS),
        kind=st.sampled_from([FULL, FULL, COUNTS]),
        images=st.integers(1, 4),
        strategy=st.sampled_from(STRATEGIES),
        lease_s=st.sampled_from([10.0, 100.0]),
    )
    def select_batch(self, annotator, campaign_id, kind, images, strategy, lease_s):
        asked = {"annotator": annotator, "campaign_id": campaign_id, "kind": kind, "images": images}
        asked |= {"strategy": strategy, "lease_s": lease_s, "request_id": f"r{next(self.numbers)}"}
        batch = self.server.campaigns.select_batch(project_id="p", **asked)
        if batch.id not in self.seen:
            campaign = self.server.campaigns.get_campaign(project_id="p", campaign_id=campaign_id)
            assert [(pick.image_id, pick.cost_s) for pick in batch.picks] == self.slowly_selected(
                batch, campaign, strategy or campaign.strategy, images
            )
        self.seen.add(batch.id)
        assert self.server.campaigns.select_batch(project_id="p", **asked) == batch
        return batch if batch.picks else multiple()

    def slowly_selected(self, batch: Batch, campaign: Campaign, strategy: Strategy, images: int):
        """What the batch must hold, from all rows, image by image."""
        full, counted = self.known()
        own = {pick.image_id for pick in batch.picks}
        with self.server.database.read() as tx:
            closed = full | (leased_images(tx, "p") - own) | skips_of(tx, "p", campaign.id)
        left_s = campaign.left_s + sum(pick.cost_s for pick in batch.picks)
        left_images = campaign.left_images + len(own) if batch.kind is FULL else POOL
        if batch.kind is COUNTS:
            candidates = sorted(set(self.pool) - closed - set(counted), key=lambda one: draw(campaign.seed, one))
        else:
            candidates = [
                one for one in self.pool if one not in closed and (one not in counted or counted[one].objects)
            ]
            if strategy.name == "random":
                candidates.sort(key=lambda one: draw(campaign.seed, one))
            else:
                target = 0.3 if strategy.target_iou is None else strategy.target_iou
                candidates.sort(key=lambda one: (abs(self.pool.index(one) / POOL - target), one))
        chosen: list[tuple[str, object]] = []
        for one in candidates:
            expected_s, least_s = self.slow_quote(batch.kind, one, counted)
            if len(chosen) == min(images, left_images) or left_s < 1e-6:
                break
            if least_s <= left_s + 1e-6:
                chosen.append((one, pytest.approx(min(expected_s, left_s), abs=1e-3)))
                left_s -= min(expected_s, left_s)
        return chosen

    def slow_quote(self, kind: SupervisionKind, image_id: str, counted) -> tuple[float, float]:
        """(expected, least) seconds, by the formulas of the cost model written out for three categories."""
        if kind is COUNTS:
            return 5.22, 3.0
        labels = [label for label in self.labels() if not label.supersedes]
        if image_id in counted:
            paid_s = sum(one.cost_s for one in labels if one.kind is COUNTS and one.image_id == image_id)
            exact_s = max(0.0, 3 - counted[image_id].categories + 79 * counted[image_id].objects - paid_s)
            return exact_s, exact_s
        outlined = [label.objects for label in labels if label.kind is FULL and label.campaign_id]
        whole = [3 - len({item.category_id for item in found}) + 79 * len(found) for found in outlined]
        return (sum(whole) / len(whole) if whole else 222.7), 3.0

    def known(self):
        current = [label for label in self.labels() if not label.superseded_by]
        full = {label.image_id for label in current if label.kind is FULL}
        return full, {label.image_id: label.content for label in current if label.kind is COUNTS}

    @rule(batch=handed_out, data=st.data())
    def submit_labels(self, batch: Batch, data: st.DataObject) -> None:
        drafts = []
        for pick in batch.picks[: data.draw(st.integers(1, 2))]:
            said = data.draw(COUNTS_OF)
            categories = [category for category, count in said.items() for _ in range(count)]
            seconds_spent = data.draw(st.sampled_from([None, 1.5, 400.0]))
            if batch.kind is FULL:
                drafts.append(full_draft(pick.image_id, *categories, seconds_spent=seconds_spent))
            else:
                drafts.append(counts_draft(pick.image_id, said, seconds_spent=seconds_spent))
        self.attempt(self.server.labels.submit_labels, annotator=batch.annotator, batch_id=batch.id, labels=drafts)

    @rule(
        annotator=st.sampled_from(ANNOTATORS),
        campaign_id=st.sampled_from(CAMPAIGNS),
        kind=st.sampled_from([FULL, COUNTS]),
        said=COUNTS_OF,
    )
    def work(self, annotator, campaign_id, kind, said):
        """Label one image from beginning to end."""
        asked = {"annotator": annotator, "campaign_id": campaign_id, "kind": kind, "images": 1}
        batch = self.server.campaigns.select_batch(project_id="p", **asked)
        self.seen.add(batch.id)  # what the campaign cannot pay stays leased, and is given again
        categories = [category for category, count in said.items() for _ in range(count)]
        for pick in batch.picks:
            draft = full_draft(pick.image_id, *categories) if kind is FULL else counts_draft(pick.image_id, said)
            own: dict[str, Any] = {"annotator": annotator, "batch_id": batch.id}
            self.attempt(self.server.labels.submit_labels, labels=[draft], **own)

    @rule(batch=handed_out, beta=st.sampled_from([0.0, 1.0]), images=st.integers(1, 4))
    def renew_late(self, batch: Batch, beta: float, images: int) -> None:
        """A lease runs out, somebody else spends from the budget, and the first annotator comes back."""
        self.server.clock.forward(500.0)
        other: dict[str, Any] = {"annotator": "late", "campaign_id": batch.campaign_id, "kind": FULL, "images": images}
        self.server.campaigns.select_batch(
            project_id="p", strategy=Strategy("mask_guided", {"target": str(beta)}), **other
        )
        self.attempt(self.server.campaigns.renew_batch, batch_id=batch.id, annotator=batch.annotator)

    @rule(place=st.integers(0, 5), said=COUNTS_OF)
    def correct(self, place: int, said: dict[int, int]) -> None:
        known = self.server.labels.list_labels(project_id="p").items
        if known:
            old = known[place % len(known)]
            make = full_draft if old.kind is FULL else counts_draft
            content = [key for key in said if said[key]] if old.kind is FULL else [said]
            draft = make(old.image_id, *content, supersedes=old.id, seconds_spent=0.5)
            self.server.labels.submit_labels(project_id="p", annotator="eve", labels=[draft])

    @rule(place=st.integers(0, POOL - 1), said=COUNTS_OF)
    def label_without_a_campaign(self, place: int, said: dict[int, int]) -> None:
        draft = full_draft(self.pool[place], *(key for key in said if said[key]))
        self.attempt(self.server.labels.submit_labels, annotator="eve", labels=[draft])

    @rule(batch=handed_out, some=st.booleans())
    def release(self, batch: Batch, some: bool) -> None:
        ids = [batch.picks[0].image_id] if some else ()
        own: dict[str, Any] = {"batch_id": batch.id, "annotator": batch.annotator}
        self.server.campaigns.release_batch(project_id="p", image_ids=ids, **own)

    @rule(batch=handed_out)
    def skip(self, batch: Batch) -> None:
        own: dict[str, Any] = {"batch_id": batch.id, "annotator": batch.annotator}
        skipped = {"image_id": batch.picks[-1].image_id, "reason": SkipReason.UNSURE}
        self.attempt(self.server.campaigns.skip_image, **own, **skipped)

    @rule(batch=handed_out, lease_s=st.sampled_from([10.0, 100.0]))
    def renew(self, batch: Batch, lease_s: float) -> None:
        own: dict[str, Any] = {"batch_id": batch.id, "annotator": batch.annotator}
        self.attempt(self.server.campaigns.renew_batch, lease_s=lease_s, **own)

    @rule(batch=consumes(handed_out))
    def lose_sight_of(self, batch: Batch) -> None:
        """An annotator forgets a batch, which then runs out."""

    @rule(seconds=st.sampled_from([5.0, 50.0, 500.0]))
    def wait(self, seconds: float) -> None:
        self.server.clock.forward(seconds)

    @rule()
    def restart(self) -> None:
        self.server = self.server.restarted()

    def attempt(self, verb, **asked) -> None:
        """Do it, or be refused by name with nothing changed."""
        before = self.rows()
        try:
            verb(project_id="p", **asked)
        except MaskloopError:
            assert self.rows() == before

    def campaigns(self) -> list[Campaign]:
        return list(self.server.campaigns.list_campaigns(project_id="p").items)

    def labels(self):
        return self.server.labels.list_labels(project_id="p", include_superseded=True, page_size=1000).items

    def rows(self):
        with self.server.database.read() as tx:
            return self.campaigns(), self.labels(), tx.execute(select(picks)).all(), tx.execute(select(batches)).all()

    @invariant()
    def spending_is_the_sum_of_what_labels_took_and_beyond_the_budget_only_by_measured_seconds(self) -> None:
        for campaign in self.campaigns():
            paid = [label for label in self.labels() if label.campaign_id == campaign.id]
            by_kind = {kind: [label for label in paid if label.kind is kind] for kind in (FULL, COUNTS)}
            took = {label.id: label.cost_s if label.seconds_spent is None else label.seconds_spent for label in paid}
            assert campaign.spent_s == pytest.approx(sum(took.values()), abs=1e-9)
            for kind, of_kind in by_kind.items():
                planned, measured = campaign.planned_s_by_kind, campaign.measured_s_by_kind
                charged = campaign.spent_s_by_kind.get(kind, 0.0)
                assert charged == pytest.approx(sum(took[label.id] for label in of_kind), abs=1e-9)
                assert planned.get(kind, 0.0) == pytest.approx(sum(label.cost_s for label in of_kind), abs=1e-9)
                assert measured.get(kind, 0.0) == sum(label.seconds_spent or 0.0 for label in of_kind)
            assert campaign.labeled_images == sum(not label.supersedes for label in by_kind[FULL])
            assert min(campaign.left_s, campaign.left_images) >= 0
            if campaign.budget.seconds is not None:
                beyond_s = campaign.spent_s + campaign.reserved_s - campaign.budget.seconds
                assert beyond_s <= sum(campaign.measured_s_by_kind.values()) + 1e-9

    @invariant()
    def reservations_are_those_of_the_open_leases(self) -> None:
        for campaign in self.campaigns():
            with self.server.database.read() as tx:
                mine = tx.execute(select(batches.c.id).where(batches.c.campaign_id == campaign.id)).scalars()
                records = [get_batch(tx, "p", batch_id) for batch_id in mine]
            lasting = [record for record in records if record.batch.expires_at > self.server.clock()]
            held = [(record.batch.kind, pick) for record in lasting for pick in record.in_state(PickState.OPEN)]
            assert campaign.reserved_s == pytest.approx(sum(pick.cost_s for _, pick in held), abs=1e-9)
            assert campaign.reserved_images == sum(kind is FULL for kind, _ in held)

    @invariant()
    def no_image_is_leased_twice_nor_leased_though_labeled(self) -> None:
        with self.server.database.read() as tx:
            rows = tx.execute(select(picks.c.image_id).where(picks.c.state == "open")).scalars().all()
            assert set(holders(tx, "p", self.pool)) == set(rows) == leased_images(tx, "p")
        assert len(set(rows)) == len(rows)
        current = {label.image_id for label in self.labels() if label.kind is FULL}
        assert not current & set(rows)

    @invariant()
    def candidates_in_memory_are_those_of_a_slow_reading(self) -> None:
        full, counted = self.known()
        empty = {image_id for image_id, counts in counted.items() if not counts.objects}
        with self.server.database.read() as tx:
            leased = leased_images(tx, "p")
            skipped = {campaign_id: skips_of(tx, "p", campaign_id) for campaign_id in CAMPAIGNS}
        for key, walk in self.server.candidates.walks.items():
            closed = full | leased | skipped[key.campaign_id] | (empty if key.kind is FULL else set(counted))
            assert set(walk.candidates.ids()) == set(self.pool) - closed

    @invariant()
    def every_label_costs_what_the_model_says(self) -> None:
        counts_cost: dict[str, float] = {}
        for label in self.labels():
            if label.supersedes or not label.campaign_id:
                assert label.cost_s == 0.0
            elif label.kind is COUNTS:
                counts_cost[label.image_id] = label.cost_s
                assert label.cost_s == pytest.approx(3 + 1.48 * label.shown.categories)
            else:
                present = len({item.category_id for item in label.objects})
                whole = 3 - present + 79 * len(label.objects)
                assert label.cost_s == pytest.approx(max(0.0, whole - counts_cost.get(label.image_id, 0.0)))


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
