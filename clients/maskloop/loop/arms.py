"""Arms of a run: the campaign asked for, and its baselines; one project each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from maskloop.client import Client
from maskloop.loop.annotator import Annotator, Training
from maskloop.loop.data import Data
from maskloop.loop.ledger import Ledger
from maskloop.loop.options import Options
from maskloop.loop.progress import Progress
from maskloop.loop.requests import RequestIds
from maskloop.values import Image, Strategy

CAMPAIGN = "campaign"


@dataclass(frozen=True)
class ArmName:
    """An arm's strategy, and the id of its project."""

    strategy: Strategy
    project_id: str


def arm_names(options: Options, data: Data, run_id: str) -> tuple[ArmName, ...]:
    """The campaign's arm and, if asked for, the baselines'.

    On a server that others use too, the run's id keeps its projects apart from those of other runs.
    """
    suffix = f"-{run_id[:8]}" if options.server else ""
    return tuple(ArmName(one, f"{data.name}-{_slug(one)}{suffix}".lower()) for one in options.arms())


def _slug(strategy: Strategy) -> str:
    """Part of an id, distinct for distinct strategies."""
    name = strategy.name.replace("_", "-")
    if not strategy.options:
        return name
    return f"{name[:16]}-{hashlib.sha256(str(strategy).encode()).hexdigest()[:6]}"


def open_arm(
    client: Client,
    name: ArmName,
    data: Data,
    *,
    options: Options,
    run_id: str,
    progress: Progress,
    clock: Callable[[], float],
) -> Annotator:
    """Make the arm's project and campaign on the server and bring the images in, as far as that is not done.

    Raises:
        InvalidArgument: the server knows no such strategy, or refuses the budget.
        AlreadyExists: the project is there, from another run.
    """
    requests = RequestIds(run_id, str(name.strategy))
    progress.phase("open", f"project {name.project_id}")
    client.create_project(
        project_id=name.project_id,
        display_name=f"{data.name}, {name.strategy}",
        categories=data.dataset.categories,
        request_id=requests.of("create_project"),
    )
    budget = options.parsed_budget()
    client.create_campaign(
        project_id=name.project_id,
        campaign_id=CAMPAIGN,
        budget=budget,
        strategy=name.strategy,
        seed=options.seed,
        request_id=requests.of("create_campaign"),
    )
    images = _import(client, name.project_id, data, progress)
    training = Training(options.recipe_name, options.recipe_overrides(), options.seed)
    return Annotator(
        client,
        name.project_id,
        CAMPAIGN,
        data.dataset.categories,
        {image.id: image for image in images},
        training,
        requests,
        Ledger(budget),
        progress,
        clock,
    )


def _import(client: Client, project_id: str, data: Data, progress: Progress) -> list[Image]:
    """Bring in what is not there yet. The server knows images by name and content, so a repeat changes nothing."""
    names = {image.file_name for image in (*data.test, *data.pool)}
    there = list(client.list_images(project_id=project_id))
    if {image.file_name for image in there} == names:
        return there

    def taken(images: int) -> None:
        progress.share("import", images / len(names), f"{images} of {len(names)} images")

    return list(client.import_images(project_id=project_id, images=data.imports(), taken=taken))
