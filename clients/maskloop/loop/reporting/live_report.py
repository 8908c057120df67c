"""The budget-cost report of a live project, written from what its server tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from maskloop.client import Client
from maskloop.costs.cost_model import CostModel
from maskloop.errors import CampaignNotFound, InvalidArgument
from maskloop.loop.outcomes import Arm, HardOodRound
from maskloop.loop.proposals import proposals_of
from maskloop.loop.reporting.constant_mask_baseline import constant_iou
from maskloop.loop.reporting.gallery import Truths, gallery_of, gallery_pictures
from maskloop.loop.reporting.history import CampaignHistory
from maskloop.loop.reporting.report_run import (
    batch_pictures,
    chosen_images,
    hard_ood_pictures,
    hard_ood_reports,
    round_report,
)
from maskloop.loop.reporting.reviews import correction_pictures, reviewed_labels
from maskloop.report import (
    FIRST_BATCH,
    BatchPicture,
    GalleryPicture,
    ReviewedLabel,
    RunReport,
    Setup,
    count_reviews,
    with_outlooks,
    write_report,
)
from maskloop.values import Campaign, Image, ImageProposals, Split, SupervisionKind

MOST_NAMED = 5


@dataclass(frozen=True)
class LiveProject:
    """A project on a server, and one of its campaigns ("" for the only one)."""

    client: Client
    project_id: str
    campaign_id: str = ""

    def write_report(self, out: Path, command: str) -> RunReport:
        """Write the report, with pictures, into the folder `out`.

        Args:
            out: made if missing; files of an earlier report are replaced.
            command: as the person typed it.

        Raises:
            ProjectNotFound, CampaignNotFound: there is none.
            InvalidArgument: the project has several campaigns, and none was named.
        """
        history, images = self._history(), self._images()
        arm = self._with_candidates(history.arm())
        report = self._report(history, arm, images, command)
        write_report(
            out,
            report,
            self._pictures(arm),
            hard_ood_pictures(self, report.hard_ood),
            gallery=self._gallery_pictures(arm, report, _truths(history, images)),
            corrections=correction_pictures(self, report.reviews, _reviewed(history, arm, images)),
        )
        return report

    def proposals(self, image_ids: list[str], model_version: str) -> Mapping[str, ImageProposals]:
        """What the model offered for these images, by image id; nothing where it scored nothing."""
        return proposals_of(self.client, self.project_id, image_ids, model_version)

    def read_image(self, image_id: str) -> bytes:
        """An image's file."""
        return self.client.read_image(project_id=self.project_id, image_id=image_id)

    def _history(self) -> CampaignHistory:
        project = self.client.get_project(project_id=self.project_id)
        campaign = self._campaign()
        models = list(self.client.list_models(project_id=self.project_id))
        batches = list(self.client.list_batches(project_id=self.project_id, campaign_id=campaign.id))
        helps = [record.batch.assistance for record in batches]
        beside = {version for help_ in helps for version in help_.among if version != help_.model_version}
        return CampaignHistory(
            project=project,
            campaign=campaign,
            labels=list(self.client.list_labels(project_id=self.project_id, include_superseded=True)),
            batches=batches,
            models=[model for model in models if model.pseudo is None and model.id not in beside],
            helpers={model.id: model for model in models},
            operations=list(self.client.list_operations(project_id=self.project_id)),
        )

    def _with_candidates(self, arm: Arm) -> Arm:
        """The arm, its classifiers with the candidates that fooled them."""
        rounds = tuple(replace(each, hard_ood=self._listed(each.hard_ood)) for each in arm.rounds)
        return replace(arm, rounds=rounds, hard_ood_before=self._listed(arm.hard_ood_before))

    def _listed(self, checks: HardOodRound | None) -> HardOodRound | None:
        if checks is None:
            return None
        hard = self.client.list_hard_candidates(project_id=self.project_id, classifier=checks.classifier.id)
        return replace(checks, hard=hard)

    def _campaign(self) -> Campaign:
        if self.campaign_id:
            return self.client.get_campaign(project_id=self.project_id, campaign_id=self.campaign_id)
        campaigns = list(self.client.list_campaigns(project_id=self.project_id))
        if not campaigns:
            raise CampaignNotFound(f"project {self.project_id} has no campaign yet", field="campaign_id")
        if len(campaigns) > 1:
            names = ", ".join(campaign.id for campaign in campaigns[:MOST_NAMED])
            raise InvalidArgument(f"project {self.project_id} has several campaigns ({names}): name one by --campaign")
        return campaigns[0]

    def _images(self) -> dict[str, Image]:
        return {image.id: image for image in self.client.list_images(project_id=self.project_id)}

    def _report(self, history: CampaignHistory, arm: Arm, images: Mapping[str, Image], command: str) -> RunReport:
        campaign = history.campaign
        report = RunReport(
            project=campaign.project_id,
            strategy=str(campaign.strategy),
            seed=campaign.seed,
            budget_s=campaign.budget.seconds,
            budget_images=campaign.budget.images,
            spent_s=campaign.spent_s,
            spent_s_by_kind={kind.value: seconds for kind, seconds in campaign.spent_s_by_kind.items()},
            planned_s_by_kind={kind.value: seconds for kind, seconds in campaign.planned_s_by_kind.items() if seconds},
            measured_s_by_kind={
                kind.value: seconds for kind, seconds in campaign.measured_s_by_kind.items() if seconds
            },
            stopped_because=arm.stopped_because,
            rounds=tuple(round_report(each, images, campaign.seed) for each in arm.rounds),
            constant_iou=_constant_iou(history, arm, images),
            initial=chosen_images(arm.initial, images),
            test=chosen_images(arm.test, images),
            test_s=campaign.test_spent_s,
            costs=self.client.get_cost_estimates(project_id=self.project_id),
            setup=_setup(history, images, command),
            hard_ood=hard_ood_reports(arm, images, history.project.categories),
            gallery=gallery_of(self, arm, images, _truths(history, images)),
            reviews=count_reviews(
                _reviewed(history, arm, images), CostModel.of(history.project), history.project.categories
            ),
        )
        return with_outlooks(report, np.random.default_rng(campaign.seed))

    def _pictures(self, arm: Arm) -> dict[int, list[BatchPicture]]:
        pictures = {
            each.measured.number: batch_pictures(self, each.purchase, each.measured.model.id) for each in arm.rounds
        }
        return {FIRST_BATCH: batch_pictures(self, arm.initial, ""), **pictures}

    def _gallery_pictures(self, arm: Arm, report: RunReport, truths: Truths) -> list[GalleryPicture]:
        return gallery_pictures(self, arm, report.gallery, truths) if report.gallery else []


def _truths(history: CampaignHistory, images: Mapping[str, Image]) -> Truths:
    current = (label for label in history.labels if label.kind is SupervisionKind.FULL and not label.superseded_by)
    return {label.image_id: label.objects for label in current if images[label.image_id].split is Split.TEST}


def _reviewed(history: CampaignHistory, arm: Arm, images: Mapping[str, Image]) -> tuple[ReviewedLabel, ...]:
    return reviewed_labels(arm, images, history.counts_paid_s, history.helpers)


def _constant_iou(history: CampaignHistory, arm: Arm, images: Mapping[str, Image]) -> float | None:
    bought = [label for purchase in arm.purchases for _, label in purchase.labeled]
    test = _truths(history, images).values()
    return constant_iou(
        [item for label in bought for item in label.objects], [item for there in test for item in there]
    )


def _setup(history: CampaignHistory, images: Mapping[str, Image], command: str) -> Setup:
    newest = history.models[0] if history.models else None
    recipe = json.loads(newest.config_json) if newest else {}
    splits = [image.split for image in images.values()]
    begun = history.campaign.created_at
    return Setup(
        command=command,
        started_at=begun.isoformat(timespec="seconds") if begun else "",
        labeler=", ".join(sorted({label.annotator for label in history.paid})[:MOST_NAMED]),
        recipe=newest.recipe if newest else "",
        encoder=recipe.get("encoder", ""),
        image_size=recipe.get("image_size", 0),
        count_conditioned=newest.needs_counts if newest else None,
        pool_images=splits.count(Split.POOL),
        test_images=splits.count(Split.TEST),
        categories=history.project.categories,
        outline_price=history.project.outline_price,
    )
