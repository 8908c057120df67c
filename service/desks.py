"""All use cases of one server, built from its configuration: what stands on what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from models.foreign.names import ForeignName
from service.artifacts.admin_token import AdminToken
from service.artifacts.blobs import BlobStore
from service.artifacts.data_folder import DataFolder
from service.config import ServerConfig
from service.desk.access import AccessDesk
from service.desk.campaigns.annotation import AnnotationDesk
from service.desk.campaigns.leases import cut_leases
from service.desk.labels.labels import LabelDesk
from service.desk.labels.proposals import ProposalDesk
from service.desk.labels.reviews import Reviews
from service.desk.models.classifiers import ClassifierDesk
from service.desk.models.model_work import ModelWorkDesk
from service.desk.models.models import ModelDesk
from service.desk.models.training_budget import TrainingBudget
from service.desk.models.weights import WeightsRoots
from service.desk.projects import ProjectDesk
from service.desk.sources import ImageSource
from service.device.messages import DeviceSettings
from service.operations.limits import QueueLimits
from service.operations.operations import Operations
from service.operations.prompter import Prompter
from service.operations.steps.steps import DeviceWork
from service.operations.worker import Worker
from service.pool.assisted_costs import AssistedCosts
from service.pool.candidate_index import CandidateIndex
from service.pool.rankings import Rankings
from service.store import Database
from service.store.clock import Clock, new_id, steady_clock, utc_now


@dataclass(frozen=True)
class Desks:
    """The desks that the edge answers from."""

    projects: ProjectDesk
    campaigns: AnnotationDesk
    labels: LabelDesk
    models: ModelDesk
    model_work: ModelWorkDesk
    classifiers: ClassifierDesk
    proposals: ProposalDesk
    operations: Operations
    access: AccessDesk


def _leave_it(why: str) -> None:
    """The store says it in the log."""


@contextmanager
def open_desks(config: ServerConfig, on_lost: Callable[[str], None] = _leave_it) -> Iterator[Desks]:
    """Everything below the edge, with long work not yet begun; closed at the end.

    Args:
        config: where all is kept, and how much may be.
        on_lost: told why, when the database is not this server's any more; nothing can be written from then on.

    Raises:
        InvalidConfig: an url, or an admin's token, that cannot be used.
        FailedPrecondition: the database is damaged, another server works on it, or there is none beside data that one
            knew of.
        Unavailable: the database cannot be reached.
    """
    folder = DataFolder(config.data_dir.resolve())
    folder.root.mkdir(parents=True, exist_ok=True)
    may_be_new = config.new_database or not folder.holds_data()
    blobs = BlobStore(_blobs_url(config, folder))
    database = Database(config.database_url or folder.database_url, config.lock_wait_s, may_be_new=may_be_new)
    candidates = CandidateIndex(Rankings(folder).find)
    database.when_unsure(candidates.forget_all)
    operations = _operations(config, folder, database, candidates)
    lease_clock = steady_clock(utc_now())
    with database.write() as tx:
        cut_leases(tx, lease_clock())
    desks = _desks(
        config,
        folder,
        blobs=blobs,
        database=database,
        candidates=candidates,
        operations=operations,
        lease_clock=lease_clock,
    )
    database.watch(on_lost)
    try:
        yield desks
    finally:
        desks.proposals.close()
        operations.close()
        database.close()


def _blobs_url(config: ServerConfig, folder: DataFolder) -> str:
    return config.blobs_url or str(folder.blobs)


def _device_settings(config: ServerConfig, folder: DataFolder) -> DeviceSettings:
    return DeviceSettings(
        device=config.device,
        threads=config.threads,
        blobs_url=_blobs_url(config, folder),
        networks=config.networks_dir or folder.networks,
        networks_bytes=config.networks_bytes,
        features=config.features_dir or folder.features,
        features_bytes=config.features_bytes,
        memory_bytes=config.device_memory_bytes,
    )


def _training_budget(config: ServerConfig) -> TrainingBudget:
    return TrainingBudget(config.max_training_iterations, config.max_training_pixels, config.max_training_bytes)


def _operations(config: ServerConfig, folder: DataFolder, database: Database, candidates: CandidateIndex) -> Operations:
    return Operations(
        database=database,
        folder=folder,
        worker=Worker(_device_settings(config, folder)),
        work=DeviceWork(database=database, folder=folder, candidates=candidates, clock=utc_now),
        workflows_url=config.workflows_url or folder.workflows_url,
        executor_id=config.executor_id,
        queue=QueueLimits(config.waiting_operations, config.waiting_operations_of_project),
        deadline_s=config.operation_deadline_s,
        clock=utc_now,
        new_id=new_id,
    )


def _desks(
    config: ServerConfig,
    folder: DataFolder,
    *,
    blobs: BlobStore,
    database: Database,
    candidates: CandidateIndex,
    operations: Operations,
    lease_clock: Clock,
) -> Desks:
    weights = WeightsRoots(config.weights_roots, config.max_weights_bytes)
    budget = _training_budget(config)
    return Desks(
        projects=ProjectDesk(
            database=database,
            blobs=blobs,
            sources=ImageSource(config.image_roots, config.max_image_bytes),
            candidates=candidates,
            clock=utc_now,
            new_id=new_id,
        ),
        campaigns=AnnotationDesk(
            database=database,
            candidates=candidates,
            assisted=AssistedCosts(folder),
            clock=utc_now,
            new_id=new_id,
            lease_clock=lease_clock,
        ),
        labels=LabelDesk(
            database=database,
            candidates=candidates,
            reviews=Reviews(database=database, folder=folder),
            clock=utc_now,
            new_id=new_id,
            lease_clock=lease_clock,
        ),
        models=ModelDesk(database=database, folder=folder, candidates=candidates, clock=utc_now),
        model_work=ModelWorkDesk(
            folder=folder, operations=operations, default_recipe=config.recipe, weights=weights, budget=budget
        ),
        classifiers=ClassifierDesk(
            database=database, folder=folder, operations=operations, weights=weights, budget=budget
        ),
        proposals=ProposalDesk(
            database=database,
            folder=folder,
            prompter=Prompter(replace(_device_settings(config, folder), prompter=config.prompter)),
            clock=utc_now,
            network=ForeignName.parse(config.prompter).short if config.prompter else "",
        ),
        operations=operations,
        access=AccessDesk(
            database=database,
            admin=AdminToken(config.admin_token_file or folder.admin_token),
            clock=utc_now,
            new_id=new_id,
        ),
    )
