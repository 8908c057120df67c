"""What the arms have come to, as a report in WORKDIR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from maskloop.datasets.read import Data
from maskloop.formats.images import decode_image
from maskloop.loop.arms import ArmResult
from maskloop.loop.options import Options
from maskloop.loop.outcomes import Arm, Measured, Purchase, Round, told_metrics
from maskloop.loop.reporting.constant_mask_baseline import constant_iou
from maskloop.loop.reporting.environment import setup_of
from maskloop.loop.reporting.gallery import ImageReader, Truths, gallery_of, gallery_pictures
from maskloop.loop.reporting.report_student_network import pseudo_pictures, student_network
from maskloop.loop.reporting.reviews import correction_pictures, reviewed_labels
from maskloop.loop.which_kinds import FIRST, plan_kept
from maskloop.report import (
    FIRST_BATCH,
    PICTURES_A_ROUND,
    Baseline,
    BatchPicture,
    ChosenImage,
    EvaluatedScore,
    GalleryPicture,
    HardImage,
    HardOodReport,
    MachineSeconds,
    Pixels,
    ReviewedLabel,
    RoundReport,
    RunReport,
    count_reviews,
    shown_groups,
    shuffled_spearman,
    with_outlooks,
    write_report,
)
from maskloop.values import Category, HeadState, Image, ObjectLabel, explain_head


class Reporter:
    """Writes the report of a run into WORKDIR, again after every round.

    Args:
        workdir: the run's folder.
        options: what was asked for.
        data: what it was measured on.
        command: as the person typed it.
        near: pairs of images that look nearly alike, by file name.
    """

    def __init__(
        self, workdir: Path, options: Options, data: Data, command: str, near: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._workdir = workdir
        self._options = options
        self._data = data
        self._command = command
        self._near = near

    def write(self, results: Mapping[str, ArmResult]) -> RunReport:
        """Write the report as far as the run has come, with pictures of the campaign's latest batch.

        Args:
            results: the arms by strategy, the campaign's own first.
        """
        (_, campaign), *baselines = results.items()
        report = self._report(campaign, dict(baselines))
        if baselines:
            write_report(self._workdir, report)
        else:
            hard_ood = hard_ood_pictures(campaign.session, report.hard_ood)
            write_report(
                self._workdir,
                report,
                _fresh_pictures(campaign),
                hard_ood,
                pseudo_pictures(campaign),
                gallery=self._gallery_pictures(campaign, report),
                corrections=correction_pictures(campaign.session, report.reviews, _reviewed(campaign)),
            )
        return report

    def _report(self, campaign: ArmResult, baselines: Mapping[str, ArmResult]) -> RunReport:
        ledger, options = campaign.session.ledger, self._options
        budget = options.parsed_budget()
        report = RunReport(
            project=campaign.session.project_id,
            strategy=str(options.parsed_strategy()),
            seed=options.seed,
            budget_s=budget.seconds,
            budget_images=budget.images,
            spent_s=ledger.spent_s,
            spent_s_by_kind=dict(ledger.spent_s_by_kind),
            measured_s_by_kind=dict(ledger.measured_s_by_kind),
            planned_s_by_kind=dict(ledger.planned_s_by_kind),
            stopped_because=campaign.arm.stopped_because,
            rounds=_rounds(campaign, options.seed),
            baselines={name: _baseline(result, options.seed) for name, result in baselines.items()},
            constant_iou=self._constant_iou(campaign),
            not_measured=campaign.arm.rounds[-1].measured.not_measured if campaign.arm.rounds else "",
            initial=chosen_images(campaign.arm.initial, campaign.session.images),
            initial_kinds=plan_kept(FIRST, campaign.session.decisions),
            test=chosen_images(campaign.arm.test, campaign.session.images),
            test_s=ledger.test_s,
            near_duplicates=self._across(campaign),
            passed_over=tuple((each.name, each.why) for each in self._data.dataset.passed_over),
            student=student_network(campaign),
            setup=setup_of(options, self._data, self._command, campaign.arm),
            hard_ood=hard_ood_reports(campaign.arm, campaign.session.images, self._data.dataset.categories),
            gallery=gallery_of(campaign.session, campaign.arm, campaign.session.images, _truths(campaign)),
            reviews=count_reviews(_reviewed(campaign), campaign.session.costs, campaign.session.categories),
        )
        return with_outlooks(report, np.random.default_rng(options.seed))

    def _across(self, campaign: ArmResult) -> tuple[tuple[str, str], ...]:
        """Near duplicates of which one tests and the other may teach."""
        images = campaign.session.images
        test = {images[image_id].file_name for image_id in _truths(campaign)}
        return tuple(pair for pair in self._near if len(test.intersection(pair)) == 1)

    def _gallery_pictures(self, campaign: ArmResult, report: RunReport) -> list[GalleryPicture]:
        if report.gallery is None:
            return []
        return gallery_pictures(campaign.session, campaign.arm, report.gallery, _truths(campaign))

    def _constant_iou(self, campaign: ArmResult) -> float | None:
        labels = [label for purchase in campaign.arm.purchases for _, label in purchase.labeled]
        outlined = [item for label in labels for item in label.objects]
        return constant_iou(outlined, [item for objects in _truths(campaign).values() for item in objects])


def _truths(campaign: ArmResult) -> Truths:
    return campaign.session.test_set.truths


def _reviewed(campaign: ArmResult) -> tuple[ReviewedLabel, ...]:
    session = campaign.session
    models = {model.id: model for model in session.client.list_models(project_id=session.project_id)}
    return reviewed_labels(campaign.arm, session.images, session.ledger.counts_paid_s, models)


def hard_ood_reports(
    arm: Arm, images: Mapping[str, Image], categories: Sequence[Category]
) -> tuple[HardOodReport, ...]:
    """What the OoD checks of every round came to."""
    names = {0: "", **{category.id: category.name for category in categories}}
    labels = [label for checks in arm.hard_ood.values() for _, label in checks.checked.labeled]
    said = {label.image_id: names[next(iter(label.shown.by_category), 0)] for label in labels}
    return tuple(
        HardOodReport(
            round=number,
            classifier=checks.classifier.id,
            candidates=checks.classifier.candidates,
            hard_images=checks.classifier.hard_images,
            clusters=checks.classifier.clusters,
            checked=len(checks.checked.labeled),
            not_ood=sum(bool(said[label.image_id]) for _, label in checks.checked.labeled),
            cost_s=round(sum(label.charged_s for _, label in checks.checked.labeled), 3),
            images=tuple(
                HardImage(
                    hard.image_id,
                    images[hard.image_id].file_name,
                    names[hard.category_id],
                    hard.probability,
                    hard.cluster,
                    said.get(hard.image_id),
                )
                for hard in checks.hard
            ),
        )
        for number, checks in sorted(arm.hard_ood.items())
    )


def hard_ood_pictures(reader: ImageReader, reports: Sequence[HardOodReport]) -> dict[int, dict[str, Pixels]]:
    """Pictures of the latest round's groups, by round and image id."""
    if not reports:
        return {}
    shown = [hard.image for group in shown_groups(reports[-1]) for hard in group.images]
    return {reports[-1].round: {image: decode_image(reader.read_image(image), image).pixels for image in shown}}


def _fresh_pictures(result: ArmResult) -> dict[int, list[BatchPicture]]:
    """Pictures of the latest batch and, with the first round, of the first batch, which no network had seen.

    Where the round's network is gone, a run that goes on walks through a round of before, whose pictures are there.
    """
    measured, purchase = result.arm.rounds[-1].measured, result.arm.rounds[-1].purchase
    if result.session.is_thinned(measured.model):
        return {}
    latest = {measured.number: batch_pictures(result.session, purchase, measured.model.id)}
    if measured.number > 1:
        return latest
    return {FIRST_BATCH: batch_pictures(result.session, result.arm.initial, ""), **latest}


def batch_pictures(reader: ImageReader, purchase: Purchase, model_version: str) -> list[BatchPicture]:
    """The first images of a batch with what people outlined and what the network had offered."""
    shown = purchase.labeled[:PICTURES_A_ROUND]
    proposals = reader.proposals([pick.image_id for pick, _ in shown], model_version)
    return [
        BatchPicture(
            pick.image_id,
            decode_image(reader.read_image(pick.image_id), pick.image_id).pixels,
            label.objects,
            proposals[pick.image_id].objects if pick.image_id in proposals else (),
        )
        for pick, label in shown
    ]


def _baseline(result: ArmResult, seed: int) -> Baseline:
    ledger = result.session.ledger
    spent = dict(ledger.spent_s_by_kind)
    return Baseline(_rounds(result, seed), ledger.spent_s, spent, result.arm.stopped_because, student_network(result))


def _rounds(result: ArmResult, seed: int) -> tuple[RoundReport, ...]:
    images, kept = result.session.images, result.session.decisions
    rounds = (round_report(done, images, seed) for done in result.arm.rounds)
    return tuple(replace(each, kinds=plan_kept(each.round, kept)) for each in rounds)


def round_report(done: Round, images: Mapping[str, Image], seed: int) -> RoundReport:
    """A round as the report tells it; `seed` shuffles the scores that chance is judged by."""
    measured, purchase = done.measured, done.purchase
    head, targets = measured.model.head, [bought.batch.target_iou for bought in purchase.batches]
    return RoundReport(
        round=measured.number,
        model_version=measured.model.id,
        labeled_images=measured.labeled_images,
        boxed_images=measured.boxed_images,
        marked_images=measured.marked_images,
        spent_s=measured.spent_s,
        spent_s_by_kind=measured.spent_s_by_kind,
        **_quality(measured, seed),
        target_iou=targets[0] if targets else None,
        batch=chosen_images(purchase, images),
        seconds=MachineSeconds(measured.train_s, purchase.score_s, purchase.select_s, measured.evaluate_s),
        head_trusted=head is HeadState.TRUSTED,
        head_fitted=head is not HeadState.UNFITTED,
        head_note="" if head is HeadState.TRUSTED else explain_head(measured.model.metrics),
        fallback=next((bought.batch.fallback for bought in purchase.batches if bought.batch.fallback), ""),
    )


def _quality(network: Measured, seed: int) -> dict[str, Any]:
    """What was measured of a network; of its head only where that was fitted."""
    quality = network.evaluation
    if quality is None:
        return dict.fromkeys(("ap50", "ap", "mean_iou", "iou_mae", "iou_spearman"))
    fitted = network.model.head is not HeadState.UNFITTED
    evaluated = tuple(
        EvaluatedScore(image.image_id, image.predicted_iou, image.true_iou, image.objects, image.confidence)
        for image in (quality.images if fitted else ())
    )
    return {
        "ap50": quality.ap50,
        "ap": quality.ap,
        "mean_iou": quality.mean_iou,
        "iou_mae": quality.iou_mae if fitted else None,
        "iou_spearman": quality.iou_spearman if fitted else None,
        "iou_mae_reference": quality.iou_mae_reference,
        "iou_spearman_reference": quality.iou_spearman_reference,
        "iou_spearman_shuffled": shuffled_spearman(evaluated, np.random.default_rng(seed)) if fitted else None,
        "evaluated": evaluated,
        "not_decoded": quality.not_decoded,
        "metrics": told_metrics(network.model, quality),
        "ap50_by_category": dict(quality.ap50_by_category),
    }


def chosen_images(purchase: Purchase, images: Mapping[str, Image]) -> tuple[ChosenImage, ...]:
    """What was bought, in the order of selection."""
    return tuple(
        ChosenImage(
            image=pick.image_id,
            score=pick.score,
            reason=pick.reason,
            cost_s=label.cost_s,
            file_name=images[pick.image_id].file_name,
            measured_s=label.seconds_spent,
            objects=label.shown.objects,
            object_share=_object_share(label.objects),
        )
        for pick, label in purchase.labeled
    )


def _object_share(objects: Sequence[ObjectLabel]) -> float | None:
    """Mean share of the image that an object covers."""
    shares = [item.mask.area / (item.mask.height * item.mask.width) for item in objects if not item.crowd]
    return sum(shares) / len(shares) if shares else None
