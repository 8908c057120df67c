"""Who labels in a run: the data's own labels, or people with a folder or on a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from maskloop.address import is_loopback
from maskloop.costs.cost_model import CostModel
from maskloop.datasets.read import Data
from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidConfig
from maskloop.labelers import FolderLabeler, GroundTruthLabeler, Labeler, Person, WebLabeler
from maskloop.loop.options import Options
from maskloop.loop.options.labeler import FolderSpec, PersonSpec, WebSpec
from maskloop.loop.progress import Progress
from maskloop.loop.session import CampaignSession
from maskloop.values import Split
from maskloop.web.running.task import RunFacts
from maskloop.web.running.tasks import RunTasks

if TYPE_CHECKING:
    from maskloop.web.access import Access
    from maskloop.web.serve import Place

PAGE_FOLDER = "web"


def check_labeler(options: Options, run: str, progress: Progress) -> None:
    """Refuse, before anything is bought, a folder in which another run's tasks lie.

    Raises:
        FailedPrecondition, InvalidDataset: names the folder.
    """
    people = options.parsed_labeler()
    if isinstance(people, FolderSpec):
        FolderLabeler(people.folder, progress, annotators=people.annotators).check_run(run)


def say_left_folder(before: Options, now: Options) -> str:
    """That tasks in the folder of before are not looked at any more, "" where the labeler is the same or had none."""
    left, people = before.parsed_labeler(), now.parsed_labeler()
    if not isinstance(left, FolderSpec):
        return ""
    if isinstance(people, FolderSpec) and people.folder.resolve() == left.folder.resolve():
        return ""
    return (
        f"Labels come by --labeler {now.labeler} from now on. What is handed in at {left.folder} is not looked at; "
        f"--resume --labeler {before.labeler} takes it up again."
    )


def check_page(options: Options) -> None:
    """Refuse a page that cannot be served, where people are to label on one.

    Raises:
        FailedPrecondition: it cannot listen where it is to be.
        InvalidArgument: others could come, and there is no token; or its file will not do.
    """
    people = options.parsed_labeler()
    if isinstance(people, WebSpec):
        place, _ = _page_of(people, options.labeler)
        try:
            place.listen().close()
        except FailedPrecondition as error:
            other = f"web:{people.port + 1}" if error.field == "port" and people.port else "web:0 for a free port"
            raise FailedPrecondition(
                f"--labeler {options.labeler}: {error.message}; try --labeler {other}", field="labeler"
            ) from error


@contextmanager
def labeling(options: Options, data: Data, session: CampaignSession, page_folder: Path) -> Iterator[Labeler]:
    """Who labels, at hand from entering to leaving.

    Args:
        options: of the run.
        data: that it labels.
        session: of its campaign.
        page_folder: where what people say on a page is kept.
    """
    people = options.parsed_labeler()
    if isinstance(people, WebSpec):
        with _on_page(people, options.labeler, session, page_folder) as labeler:
            yield labeler
    elif isinstance(people, FolderSpec):
        yield FolderLabeler(people.folder, session.progress, annotators=people.annotators)
    else:
        yield _simulated(people, options, data, session)


def cost_model(options: Options, data: Data) -> CostModel:
    """What labels are planned to cost."""
    return CostModel(len(data.dataset.categories), options.outline_price(), options.review_prices())


def _simulated(people: PersonSpec, options: Options, data: Data, session: CampaignSession) -> GroundTruthLabeler:
    by_name = data.by_name
    asked = (image for image in session.images.values() if image.split is not Split.TEST)
    objects = {image.id: by_name[image.file_name].objects for image in asked}
    return GroundTruthLabeler(objects, session.costs, Person(people.outline_iou, people.accept_iou, options.seed))


def _on_page(people: WebSpec, text: str, session: CampaignSession, folder: Path) -> WebLabeler:
    project = session.client.get_project(project_id=session.project_id)
    tasks = RunTasks(folder, RunFacts(session.run, project, session.images, session.read_image))

    def page() -> AbstractContextManager[str]:
        from maskloop.web.running.page import run_page

        return run_page(tasks, *_page_of(people, text))

    return WebLabeler(tasks, page, session.progress)


def _page_of(people: WebSpec, text: str) -> tuple[Place, Access]:
    """Where the page is, and who may come.

    Raises:
        InvalidArgument: others could come, and there is no token; or its file will not do.
    """
    from maskloop.web.access import Access  # what these import is not always installed
    from maskloop.web.serve import Place

    if people.token_file is None and not is_loopback(people.host):
        raise InvalidArgument(
            f"--labeler {text}: {people.host} can be reached from other machines; add token_file=FILE, a file with the "
            "token that people sign in by",
            field="labeler",
        )
    try:
        place = Place(people.host, people.port, people.tls_cert, people.tls_key)
        return place, Access.of(people.host, people.token_file, secure=place.is_secure)
    except InvalidConfig as error:
        raise InvalidArgument(f"--labeler {text}: {error.message}", field="labeler") from error
