"""Projects and their images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from maskloop.errors import AlreadyExists, InvalidArgument
from maskloop.values import (
    OUTLINE_FLAT,
    REVIEWS,
    Category,
    FullLabel,
    Image,
    ImageImport,
    Label,
    OutlinePrice,
    Project,
    ReviewPrices,
    Split,
)
from service.artifacts.blobs import BlobStore
from service.desk.arrivals import Arrival, check_names, known_images
from service.desk.callers import own_projects
from service.desk.checks import check_marks
from service.desk.sources import ImageSource
from service.pool.candidate_index import CandidateIndex
from service.store import Database, Transaction
from service.store.audit import add_audit
from service.store.clock import Clock, NewId
from service.store.images import get_image, get_images, insert_images, list_images
from service.store.labels.labels import current_labels, get_labels, insert_labels
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project, insert_project, list_projects, set_categories
from service.store.requests import Request, answer_once, was_asked

MAX_IMAGES = 1000
PIECE_BYTES = 256 * 1024
IMPORTED = "import"  # the annotator of labels that came with their images


class ProjectDesk:
    """Use cases of projects and images.

    Args:
        database: what the server remembers.
        blobs: where image files are kept.
        sources: reads image files, and refuses those that are none.
        candidates: walks, built anew after an import.
        clock: tells the time.
        new_id: makes ids.
    """

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        sources: ImageSource,
        candidates: CandidateIndex,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._sources = sources
        self._candidates = candidates
        self._clock = clock
        self._new_id = new_id

    def create_project(
        self,
        *,
        project_id: str,
        display_name: str = "",
        categories: Sequence[Category],
        outline_price: OutlinePrice | None = None,
        review_prices: ReviewPrices | None = None,
        request_id: str = "",
    ) -> Project:
        """Create a project with a vocabulary and fixed prices of outlines and reviews, the usual ones unless named.

        Raises:
            InvalidArgument: the id or the vocabulary is none.
            AlreadyExists: the id is taken.
        """
        name = display_name or project_id
        outlines, reviews = outline_price or OUTLINE_FLAT, review_prices or REVIEWS
        vocabulary = tuple(replace(category, added_at=None) for category in sorted(categories))
        asked = Project(project_id, name, vocabulary, outline_price=outlines, review_prices=reviews)
        request = Request(request_id, "CreateProject", (asked,))
        with self._database.write() as tx:
            return answer_once(tx, request, Project, lambda: self._create(tx, asked), self._clock())

    def add_categories(self, *, project_id: str, categories: Sequence[Category], request_id: str = "") -> Project:
        """Add classes to a project's vocabulary; those that are there already are left as they are.

        Labels of before hold none of them until they are corrected, and networks of before never propose them.

        Raises:
            ProjectNotFound: there is no such project.
            InvalidArgument: two of the classes share an id or a name, or there would be too many.
            AlreadyExists: the project has another class of that id or name.
        """
        asked = tuple(replace(category, added_at=None) for category in categories)
        request = Request(request_id, "AddCategories", (project_id, asked), project_id)
        with self._database.write() as tx:
            return answer_once(tx, request, Project, lambda: self._add(tx, project_id, asked), self._clock())

    def get_project(self, *, project_id: str) -> Project:
        """Read a project.

        Raises:
            ProjectNotFound: there is none of that id.
        """
        with self._database.read() as tx:
            return get_project(tx, project_id)

    def list_projects(self, *, page_size: int = 0, page_token: str = "") -> Page[Project]:
        """Projects by id; of a caller of some projects, these."""
        with self._database.read() as tx:
            return list_projects(tx, PageRequest.of(page_size, page_token), own_projects())

    def import_images(
        self, *, project_id: str, images: Sequence[ImageImport], request_id: str = ""
    ) -> tuple[Image, ...]:
        """Bring images in: all of them or none. Those that are there already are answered as they are.

        Bytes that are sent are kept; a file that is named by its uri is referred to where it lies, and not copied.

        Raises:
            ProjectNotFound: there is no such project.
            InvalidImage, UriOutsideRoots: names the file and what is wrong with it.
            InvalidLabel, InvalidMask: names the file, the object and what is wrong with it.
            AlreadyExists: the name is there with another content, split or label.
            StorageFull: the disk is full; nothing was changed.
        """
        if not 1 <= len(images) <= MAX_IMAGES:
            raise InvalidArgument(f"{len(images)} images; 1 to {MAX_IMAGES} are taken at once", field="images")
        check_marks(sum(image.marks for image in images), "images.label")
        project = self.get_project(project_id=project_id)
        check_names(images)
        arrivals = [self._arrival(project, imported) for imported in images]
        request = Request(request_id, "ImportImages", (project_id, tuple(arrivals)), project_id)
        with self._database.read() as tx:
            if not was_asked(tx, request):
                known_images(tx, project_id, arrivals)
        self._keep(images, arrivals)
        with self._database.write() as tx:
            ids = answer_once(
                tx, request, tuple[str, ...], lambda: self._take_in(tx, project_id, arrivals), self._clock()
            )
            known = get_images(tx, project_id, ids)
        return tuple(known[image_id] for image_id in ids)

    def get_image(self, *, project_id: str, image_id: str) -> Image:
        """Read an image's facts.

        Raises:
            ProjectNotFound, ImageNotFound: there is no such project or image.
        """
        with self._database.read() as tx:
            get_project(tx, project_id)
            return get_image(tx, project_id, image_id)

    def list_images(
        self, *, project_id: str, split: Split | None = None, page_size: int = 0, page_token: str = ""
    ) -> Page[Image]:
        """A project's images by id.

        Raises:
            ProjectNotFound: there is no such project.
        """
        with self._database.read() as tx:
            get_project(tx, project_id)
            return list_images(tx, project_id, split, PageRequest.of(page_size, page_token))

    def read_image(self, *, project_id: str, image_id: str) -> Iterator[bytes]:
        """The image's file as it was imported, in pieces of at most 256 KiB.

        Raises:
            ProjectNotFound, ImageNotFound: there is no such project or image.
            ImageFileChanged: the file that it refers to is not the same any more.
        """
        image = self.get_image(project_id=project_id, image_id=image_id)
        data = self._blobs.read(image.sha256)
        return (data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES))

    def _create(self, tx: Transaction, asked: Project) -> Project:
        now = self._clock()
        insert_project(tx, replace(asked, created_at=now))
        add_audit(tx, now, "CreateProject", asked.id)
        return get_project(tx, asked.id)

    def _add(self, tx: Transaction, project_id: str, asked: Sequence[Category]) -> Project:
        project = get_project(tx, project_id)
        new = [category for category in asked if category not in project.categories]
        for category in new:
            for known in project.categories:
                if known.id == category.id or known.name == category.name:
                    raise AlreadyExists(
                        f"project {project_id} has a category {known.id}, {known.name!r}, already; "
                        f"{category.id}, {category.name!r}, is another",
                        field="categories",
                    )
        dated = (replace(category, added_at=self._clock()) for category in new)
        grown = replace(project, categories=tuple(sorted((*project.categories, *dated))))
        if new:
            set_categories(tx, project_id, grown.categories)
            add_audit(tx, self._clock(), "AddCategories", project_id, count=len(new))
            tx.after_commit(lambda: self._candidates.forget(project_id))
        return get_project(tx, project_id)

    def _arrival(self, project: Project, imported: ImageImport) -> Arrival:
        facts = self._sources.inspect(imported)
        name_and_content = f"{imported.file_name}\0{facts.sha256}".encode()
        image = Image(
            id=hashlib.sha256(name_and_content).hexdigest()[:16],
            project_id=project.id,
            file_name=imported.file_name,
            uri=imported.uri,
            width=facts.width,
            height=facts.height,
            sha256=facts.sha256,
            split=imported.split,
        )
        label = imported.content
        if label is not None:
            label.check(project.categories, image, f"image {imported.file_name}")
        return Arrival(image, label)

    def _keep(self, images: Sequence[ImageImport], arrivals: Sequence[Arrival]) -> None:
        """Keep bytes that were sent; refer to files that were named, read again since others were checked."""
        self._blobs.put_all([imported.data for imported in images if imported.data is not None])
        named = ((imported, arrival.image.sha256) for imported, arrival in zip(images, arrivals, strict=True))
        self._blobs.refer(
            [(sha256, self._sources.refer(imported, sha256)) for imported, sha256 in named if imported.data is None]
        )

    def _take_in(self, tx: Transaction, project_id: str, arrivals: Sequence[Arrival]) -> tuple[str, ...]:
        there = known_images(tx, project_id, arrivals)
        new = [arrival.image for arrival in arrivals if arrival.image.file_name not in there]
        insert_images(tx, new)
        labels = self._take_labels_in(tx, project_id, [arrival for arrival in arrivals if arrival.label is not None])
        if new or labels:
            add_audit(tx, self._clock(), "ImportImages", project_id, count=max(len(new), labels))
        tx.after_commit(lambda: self._candidates.forget(project_id))
        return tuple(arrival.image.id for arrival in arrivals)

    def _take_labels_in(self, tx: Transaction, project_id: str, labeled: Sequence[Arrival]) -> int:
        """Keep the labels that are new. Returns how many."""
        current = current_labels(tx, project_id, [arrival.image.id for arrival in labeled])
        new: list[Label] = []
        for arrival in labeled:
            label = self._label(arrival)
            known = current.get((arrival.image.id, label.kind))
            if known is None:
                new.append(label)
            elif get_labels(tx, project_id, [known])[0].content != label.content:
                raise AlreadyExists(
                    f"image {arrival.image.file_name} has another label of kind {label.kind} already, {known}",
                    field="images.label",
                )
        insert_labels(tx, new)
        return len(new)

    def _label(self, arrival: Arrival) -> Label:
        return Label(
            id=self._new_id(),
            project_id=arrival.image.project_id,
            image_id=arrival.image.id,
            content=arrival.label or FullLabel(),
            annotator=IMPORTED,
            cost_s=0.0,
            created_at=self._clock(),
        )
