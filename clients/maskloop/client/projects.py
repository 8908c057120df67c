"""Projects and images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.errors import InvalidImage
from maskloop.v1 import projects_pb2 as pb
from maskloop.v1.projects_pb2_grpc import ProjectServiceStub
from maskloop.values import Category, Image, ImageImport, OutlinePrice, Project, ReviewPrices, Split, as_vocabulary

PACK_BYTES = 16 * 1024 * 1024
PACK_IMAGES = 500
"""An import is sent in packs that stay below the server's limits of 48 MiB and 1,000 images."""
REFERRED_BYTES = 128 * 1024
"""What a file is taken for that the server is to read and decode, so that packs of large ones do not take minutes."""


class ProjectVerbs(Verbs):
    """`ProjectService`."""

    def create_project(
        self,
        *,
        project_id: str,
        categories: Sequence[Category | str],
        display_name: str = "",
        outline_price: OutlinePrice | None = None,
        review_prices: ReviewPrices | None = None,
        request_id: str = "",
    ) -> Project:
        """Create a project with a vocabulary and fixed prices of outlines and reviews, the usual ones unless named.

        Categories that are given by name get the ids 1, 2, 3, ... in their order.

        Raises:
            AlreadyExists: the id is taken.
            InvalidArgument: the id or the vocabulary cannot be.
        """
        request = self._write(
            pb.CreateProjectRequest,
            request_id,
            project_id=project_id,
            display_name=display_name,
            categories=as_vocabulary(categories),
            outline_price=outline_price,
            review_prices=review_prices,
        )
        return convert.project_from_message(self._wire.call(self._stub(ProjectServiceStub).CreateProject, request))

    def add_categories(self, *, project_id: str, categories: Sequence[Category | str], request_id: str = "") -> Project:
        """Add classes to a project's vocabulary; those that are there already are left as they are.

        Categories that are given by name get the ids that follow the largest one, in their order. Labels of before hold
        none of them until they are corrected, and networks of before never propose them.

        Raises:
            AlreadyExists: the project has another class of that id or name.
            InvalidArgument: two of the classes share an id or a name.
        """
        known = self.get_project(project_id=project_id).categories
        request = self._write(
            pb.AddCategoriesRequest,
            request_id,
            project_id=project_id,
            categories=as_vocabulary(categories, known),
        )
        return convert.project_from_message(self._wire.call(self._stub(ProjectServiceStub).AddCategories, request))

    def get_project(self, *, project_id: str) -> Project:
        """Read one project.

        Raises:
            ProjectNotFound: there is none of that id.
        """
        request = convert.request(pb.GetProjectRequest, project_id=project_id)
        return convert.project_from_message(self._wire.call(self._stub(ProjectServiceStub).GetProject, request))

    def list_projects(self) -> Iterator[Project]:
        """All projects, by id."""
        pages = self._pages(self._stub(ProjectServiceStub).ListProjects, pb.ListProjectsRequest)
        return (convert.project_from_message(item) for page in pages for item in page.projects)

    def import_images(
        self,
        *,
        project_id: str,
        images: Iterable[ImageImport],
        taken: Callable[[int], None] = lambda images: None,
        refused: Callable[[str, InvalidImage], None] | None = None,
    ) -> tuple[Image, ...]:
        """Bring images in, in packs, each taken whole or not at all. Returns them in order.

        Images are known by name and content, so that a repeated import changes nothing.

        Args:
            project_id: the project.
            images: as many as there are.
            taken: told after each pack how many are in so far.
            refused: told the name of each image that is no picture, and why; the others are taken. `None` to take no
                other image of its pack, and raise.

        Raises:
            AlreadyExists: the name is there with another content; or a label differs.
            InvalidImage, InvalidMask, InvalidLabel: names the file.
        """
        imported: list[Image] = []
        for pack in packs(images):
            imported.extend(self._import_pack(project_id, pack, refused))
            taken(len(imported))
        return tuple(imported)

    def _import_pack(
        self, project_id: str, pack: Sequence[ImageImport], refused: Callable[[str, InvalidImage], None] | None
    ) -> list[Image]:
        """A pack that is refused for one of its images is halved until that one is alone."""
        request = self._write(pb.ImportImagesRequest, "", project_id=project_id, images=pack)
        try:
            response = self._wire.call(self._stub(ProjectServiceStub).ImportImages, request, timeout_s=self.slow_s)
        except InvalidImage as error:
            if refused is None:
                raise
            if len(pack) == 1:
                refused(pack[0].file_name, error)
                return []
            half = len(pack) // 2
            parts = (pack[:half], pack[half:])
            return [image for part in parts for image in self._import_pack(project_id, part, refused)]
        return list(map(convert.image_from_message, response.images))

    def get_image(self, *, project_id: str, image_id: str) -> Image:
        """Read one image's facts.

        Raises:
            ImageNotFound: there is none of that id.
        """
        request = convert.request(pb.GetImageRequest, project_id=project_id, image_id=image_id)
        return convert.image_from_message(self._wire.call(self._stub(ProjectServiceStub).GetImage, request))

    def list_images(self, *, project_id: str, split: Split | None = None) -> Iterator[Image]:
        """All images, or those of one split, by id."""
        method = self._stub(ProjectServiceStub).ListImages
        pages = self._pages(method, pb.ListImagesRequest, project_id=project_id, split=split)
        return (convert.image_from_message(item) for page in pages for item in page.images)

    def read_image(self, *, project_id: str, image_id: str) -> bytes:
        """An image's file, as it was imported."""
        request = convert.request(pb.ReadImageRequest, project_id=project_id, image_id=image_id)
        method = self._stub(ProjectServiceStub).ReadImage
        return self._wire.collect(method, request, _joined, timeout_s=self.slow_s)


def _joined(pieces: Iterable[pb.ReadImageResponse]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def packs(images: Iterable[ImageImport]) -> Iterator[list[ImageImport]]:
    """`images` in order, in lists of at most `PACK_IMAGES` and, unless one alone is larger, `PACK_BYTES`."""
    pack: list[ImageImport] = []
    size = 0
    for image in images:
        weight = _weight(image)
        if pack and (len(pack) == PACK_IMAGES or size + weight > PACK_BYTES):
            yield pack
            pack, size = [], 0
        pack.append(image)
        size += weight
    if pack:
        yield pack


def _weight(image: ImageImport) -> int:
    """About the bytes of its message, or those that the server reads itself."""
    masks = sum(len(item.mask.rle) + 32 for item in image.objects or ())
    boxes = 48 * len(image.boxes or ())
    points = 32 * len(image.points or ()) + sum(16 + 24 * len(stroke.path) for stroke in image.scribbles or ())
    content = REFERRED_BYTES if image.data is None else len(image.data)
    return content + masks + boxes + points + len(image.uri) + len(image.file_name) + 64
