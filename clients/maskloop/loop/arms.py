"""Arms: a strategy's campaign in a project of its own. A run has the one asked for, and its baselines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from maskloop.client import Client
from maskloop.datasets.read import Data
from maskloop.errors import CampaignNotFound, ProjectNotFound
from maskloop.formats.bad_entries import OnBad
from maskloop.loop.campaign import run_campaign
from maskloop.loop.importing import import_images
from maskloop.loop.options import Options
from maskloop.loop.outcomes import Arm
from maskloop.loop.people import cost_model, labeling
from maskloop.loop.planning.plan import plan_on
from maskloop.loop.progress import Progress
from maskloop.loop.record.books import Books
from maskloop.loop.record.decisions import Decisions
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.record.request_ids import RequestIds
from maskloop.loop.record.test_set import TestSet
from maskloop.loop.session import CampaignSession
from maskloop.loop.student_network import StudentNetwork, train_student_network
from maskloop.loop.training import Training
from maskloop.pages.wording import say_count, say_quality_or_none
from maskloop.values import Budget, Image, ObjectLabel, Strategy

CAMPAIGN = "campaign"


@dataclass(frozen=True)
class ArmName:
    """An arm's strategy, and the id of its project."""

    strategy: Strategy
    project_id: str

    def name_of_run(self, run_id: str) -> str:
        """What tells its tasks from those of other runs, for people."""
        return f"{self.project_id}-{run_id[:8]}"


@dataclass(frozen=True)
class Keeping:
    """What outlives the process.

    Args:
        decisions: made before.
        is_over: whether the run is to end now.
        is_changed: whether it goes on with other options than it was begun with, even where it had ended.
        first: the options that it was begun with; `None` for those of now.
        referred: folders whose image files the server refers to; others are copied.
        page_folder: where what people say on the run's page is kept.
    """

    decisions: Decisions = field(default_factory=Decisions)
    is_over: Callable[[], bool] = lambda: False
    is_changed: bool = False
    first: Options | None = None
    referred: tuple[Path, ...] = ()
    page_folder: Path = Path("web")


@dataclass(frozen=True)
class ArmResult:
    """An arm beside the session that ran it, and the student network if one was trained."""

    arm: Arm
    session: CampaignSession
    student: StudentNetwork | None = None


def arm_names(options: Options, data: Data, run_id: str) -> tuple[ArmName, ...]:
    """The campaign's arm and, if asked for, the baselines'.

    On a server that others use too, the run's id keeps its projects apart from those of other runs.
    """
    suffix = f"-{run_id[:8]}" if options.server else ""
    return tuple(ArmName(each, f"{data.name}-{slug_of(each)}{suffix}".lower()) for each in options.arms())


def slug_of(strategy: Strategy) -> str:
    """A strategy as part of an id or a file name, distinct for distinct strategies."""
    name = strategy.name.replace("_", "-")
    if not strategy.options:
        return name
    return f"{name[:16]}-{hashlib.sha256(str(strategy).encode()).hexdigest()[:6]}"


def run_arm(
    client: Client,
    name: ArmName,
    data: Data,
    *,
    options: Options,
    run_id: str,
    progress: Progress,
    clock: Callable[[], float],
    tell: Callable[[ArmResult], None],
    keeping: Keeping | None = None,
    first_of: Budget | None = None,
) -> ArmResult:
    """Run an arm, or go on with it, until its budget is spent; `tell` is shown it after each of its rounds.

    A first batch whose size nobody named is a share of the budget `first_of`, of the arm's own where that is `None`.

    Raises:
        MaskloopError: an option or the server will not do. What was bought is safe, and the same call goes on with it.
    """
    progress.arm(str(name.strategy))
    session = open_arm(
        client, name, data, options=options, run_id=run_id, progress=progress, clock=clock, keeping=keeping
    )
    plan = replace(plan_on(data, options, name.strategy), first_of=first_of)
    rng = np.random.default_rng(options.seed)
    with labeling(options, data, session, (keeping or Keeping()).page_folder) as labeler:
        arm = run_campaign(session, labeler, plan, lambda so_far: tell(ArmResult(so_far, session)), rng)
    return ArmResult(arm, session)


def open_arm(
    client: Client,
    name: ArmName,
    data: Data,
    *,
    options: Options,
    run_id: str,
    progress: Progress,
    clock: Callable[[], float],
    keeping: Keeping | None = None,
) -> CampaignSession:
    """Make the arm's project and campaign on the server and bring the images in, as far as that is not done.

    Raises:
        InvalidArgument: the server knows no such strategy, or refuses the budget.
        AlreadyExists: the project is there, from another run.
    """
    requests = RequestIds(run_id, str(name.strategy))
    progress.phase("open", f"project {name.project_id}")
    keeping = keeping or Keeping()
    _create(client, name, data, keeping.first or options, requests)
    _give_budget(client, name, options.parsed_budget())
    client.add_categories(project_id=name.project_id, categories=data.dataset.categories)
    is_lenient = options.data.startswith("images:") or options.bad_entries() is OnBad.SKIP
    images = import_images(
        client, name.project_id, data, is_lenient=is_lenient, progress=progress, referred=keeping.referred
    )
    decisions = keeping.decisions.of_arm(str(name.strategy))
    decisions.reopen(whatever=keeping.is_changed)
    return CampaignSession(
        client,
        name.project_id,
        CAMPAIGN,
        data.dataset.categories,
        cost_model(options, data),
        {image.id: image for image in images},
        _training(options),
        requests,
        Books(
            Ledger(options.parsed_budget()),
            TestSet(_given_truths(data, images)),
            partial(client.list_labels, project_id=name.project_id, include_superseded=True),
        ),
        progress,
        clock,
        decisions,
        name.name_of_run(run_id),
        keeping.is_over,
    )


def _training(options: Options) -> Training:
    return Training(
        options.recipe_name,
        options.recipe_overrides(),
        options.seed,
        options.classifier_name,
        options.classifier_overrides(),
    )


def _given_truths(data: Data, images: Iterable[Image]) -> dict[str, tuple[ObjectLabel, ...]]:
    """What the data says of its own test images, by image id."""
    objects = {image.file_name: image.objects for image in data.test}
    return {image.id: objects[image.file_name] for image in images if image.file_name in objects}


def _create(client: Client, name: ArmName, data: Data, options: Options, requests: RequestIds) -> None:
    client.create_project(
        project_id=name.project_id,
        display_name=f"{data.name}, {name.strategy}",
        categories=data.dataset.categories[: len(options.excerpt().classes)] or data.dataset.categories,
        outline_price=options.outline_price(),
        review_prices=options.review_prices(),
        request_id=requests.of("create_project"),
    )
    client.create_campaign(
        project_id=name.project_id,
        campaign_id=CAMPAIGN,
        budget=options.parsed_budget(),
        strategy=name.strategy,
        seed=options.seed,
        request_id=requests.of("create_campaign"),
    )


def give_budgets(client: Client, names: Iterable[ArmName], budget: Budget) -> None:
    """Give the campaigns that are there already the budget that they are to have by now.

    Raises:
        InvalidBudget: more is spent already, or the unit is another.
    """
    for name in names:
        try:
            _give_budget(client, name, budget)
        except (ProjectNotFound, CampaignNotFound):
            continue


def _give_budget(client: Client, name: ArmName, budget: Budget) -> None:
    """Give the campaign the budget that it is to have by now."""
    campaign = client.get_campaign(project_id=name.project_id, campaign_id=CAMPAIGN)
    if campaign.budget != budget:
        client.update_campaign_budget(project_id=name.project_id, campaign_id=CAMPAIGN, budget=budget)


def add_student_network(result: ArmResult, options: Options, progress: Progress) -> ArmResult:
    """The arm, which has ended, with a student network; as it was if there is nothing more to learn from."""
    last = result.arm.rounds[-1].measured
    training = Training(options.student_name, options.student_overrides(), options.seed)
    student = train_student_network(result.session, last, training, options.pseudo_min_iou)
    if student is None:
        progress.round_done("no student network: the last one proposes nothing for the rest of the pool")
    else:
        progress.round_done(_sentence(student))
    return replace(result, student=student)


def _sentence(student: StudentNetwork) -> str:
    model = student.model
    learnt = f"{model.labeled_images} labels and pseudo-labels of {say_count(model.pseudo_images, 'image')}"
    return (
        f"student network: {learnt}, {say_quality_or_none(student.evaluation)} "
        f"(annotation network: {say_quality_or_none(student.first.evaluation)})"
    )
