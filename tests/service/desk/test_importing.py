"""Projects and imports, through the project desk over a real store, blob folder and image files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from maskloop.errors import (
    AlreadyExists,
    ImageFileChanged,
    ImageNotFound,
    InvalidArgument,
    InvalidImage,
    InvalidLabel,
    InvalidMask,
    MaskloopError,
    ProjectNotFound,
    RequestIdReused,
    UriOutsideRoots,
)
from maskloop.values import Category, Image, ImageImport, ObjectLabel, Split, SupervisionKind
from service.desk.sources import ImageSource
from tests.service.desks import CATEGORIES, HEIGHT, WIDTH, Server, mask, objects, png


def take_in(server: Server, *images: ImageImport, **options: Any) -> tuple[Image, ...]:
    return server.projects.import_images(project_id="p", images=images, **options)


def pool(name: str, value: int = 1) -> ImageImport:
    return ImageImport(name, Split.POOL, data=png(value))


def images_of(server: Server) -> list[str]:
    return sorted(image.file_name for image in server.projects.list_images(project_id="p").items)


def blobs_of(server: Server) -> set[str]:
    return {path.name for path in (server.folder / "blobs").rglob("*") if path.is_file()}


@pytest.fixture
def on_disk(server: Server) -> Path:
    """An image file below the server's image root."""
    path = server.folder / "images" / "deep" / "näme 1.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(png(7))
    return path


def test_a_project_keeps_its_vocabulary_in_order_of_ids(server: Server) -> None:
    words = (Category(5, "b"), Category(2, "a"))
    made = server.projects.create_project(project_id="q", categories=words, request_id="r")
    assert (made.categories, made.display_name, made.etag) == ((words[1], words[0]), "q", "1")
    assert server.projects.get_project(project_id="q") == made
    assert server.projects.create_project(project_id="q", categories=words, request_id="r") == made
    assert [project.id for project in server.projects.list_projects().items] == ["p", "q"]
    with pytest.raises(AlreadyExists, match="q"):
        server.projects.create_project(project_id="q", categories=words)
    with pytest.raises(RequestIdReused):
        server.projects.create_project(project_id="z", categories=words, request_id="r")
    with pytest.raises(ProjectNotFound, match="z"):
        server.projects.get_project(project_id="z")


@pytest.mark.parametrize(
    ("project_id", "categories"),
    [
        ("Not An Id", CATEGORIES),
        ("", CATEGORIES),
        ("q", ()),
        ("q", (Category(1, "a"), Category(1, "b"))),
        ("q", tuple(Category(place, str(place)) for place in range(1, 1002))),
    ],
)
def test_impossible_projects_are_refused(server: Server, project_id: str, categories: tuple[Category, ...]) -> None:
    with pytest.raises(InvalidArgument):
        server.projects.create_project(project_id=project_id, categories=categories)
    assert len(server.projects.list_projects().items) == 1


def test_an_image_is_known_by_its_name_and_content(server: Server) -> None:
    (image,) = take_in(server, pool("a.png", 3))
    content = hashlib.sha256(png(3)).hexdigest()
    assert image == Image(
        hashlib.sha256(f"a.png\0{content}".encode()).hexdigest()[:16],
        "p",
        "a.png",
        "",
        WIDTH,
        HEIGHT,
        content,
        Split.POOL,
    )
    assert server.projects.get_image(project_id="p", image_id=image.id) == image
    assert b"".join(server.projects.read_image(project_id="p", image_id=image.id)) == png(3)
    with pytest.raises(ImageNotFound):
        server.projects.read_image(project_id="p", image_id="nothing")


def test_an_image_has_the_same_id_in_every_project(server: Server) -> None:
    server.create_project("q")
    (here,) = take_in(server, pool("a.png"))
    (there,) = server.projects.import_images(project_id="q", images=[pool("a.png")])
    assert (here.id, there.project_id) == (there.id, "q")
    assert len(blobs_of(server)) == 1


def test_importing_again_answers_the_same_images(server: Server) -> None:
    first = take_in(server, pool("a.png", 1), pool("b.png", 2), request_id="r")
    assert take_in(server, pool("a.png", 1), pool("b.png", 2), request_id="r") == first
    assert take_in(server, pool("b.png", 2), pool("c.png", 3))[0] == first[1]
    assert images_of(server) == ["a.png", "b.png", "c.png"]
    with pytest.raises(RequestIdReused):
        take_in(server, pool("a.png", 2), request_id="r")


def test_a_name_with_another_content_or_split_is_refused_and_nothing_taken(server: Server) -> None:
    take_in(server, pool("a.png", 1))
    for other in (pool("a.png", 2), ImageImport("a.png", Split.TEST, data=png(1))):
        with pytest.raises(AlreadyExists, match=r"a\.png"):
            take_in(server, pool("new.png", 3), other)
    assert images_of(server) == ["a.png"]
    assert len(blobs_of(server)) == 1


def test_labels_come_with_train_and_test_images_and_cost_nothing(server: Server) -> None:
    server.create_campaign(100.0)
    outlined = ImageImport("a.png", Split.TRAIN, data=png(1), objects=objects(1, 2))
    nothing = ImageImport("b.png", Split.TEST, data=png(2), objects=())
    unknown = ImageImport("c.png", Split.TEST, data=png(3))
    images = take_in(server, outlined, nothing, unknown)
    assert take_in(server, outlined, nothing, unknown) == images
    labels = server.labels.list_labels(project_id="p").items
    assert [(label.image_id, label.objects, label.cost_s) for label in labels] == [
        (images[0].id, objects(1, 2), 0.0),
        (images[1].id, (), 0.0),
    ]
    assert {label.kind for label in labels} == {SupervisionKind.FULL}
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c").spent_s == 0.0
    with pytest.raises(AlreadyExists, match=r"a\.png has another label of kind full"):
        take_in(server, ImageImport("a.png", Split.TRAIN, data=png(1), objects=objects(2)))


def test_files_below_the_image_roots_are_taken_by_uri(server: Server, on_disk: Path) -> None:
    (image,) = take_in(server, ImageImport("n.png", Split.POOL, uri=on_disk.as_uri()))
    assert image.uri == on_disk.as_uri()
    assert read(server, image) == png(7)
    copies = [path for path in (server.folder / "blobs").rglob("*") if path.is_file() and path.suffix != ".json"]
    assert copies == []


def read(server: Server, image: Image) -> bytes:
    return b"".join(server.projects.read_image(project_id="p", image_id=image.id))


def test_a_file_that_is_gone_or_another_is_named_and_serves_again_once_it_is_put_back(
    server: Server, on_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (image,) = take_in(server, ImageImport("n.png", Split.POOL, uri=on_disk.as_uri()))
    on_disk.write_bytes(png(8))
    with pytest.raises(ImageFileChanged, match=f"^image file {on_disk.name} is another picture") as caught:
        read(server, image)
    assert str(on_disk.parent) not in f"{caught.value.message} {caught.value.details}"
    assert f"image file {on_disk} is another picture" in caplog.text
    on_disk.unlink()
    with pytest.raises(ImageFileChanged, match=f"^image file {on_disk.name} cannot be read any more: No such file"):
        read(server.restarted(), image)
    on_disk.write_bytes(png(7))  # the same content at another time
    assert read(server, image) == png(7)


def test_one_picture_under_two_names_is_read_where_it_still_lies(server: Server, on_disk: Path) -> None:
    other = on_disk.with_name("other.png")
    other.write_bytes(png(7))
    for name, path in (("a.png", on_disk), ("b.png", other)):
        (image,) = take_in(server, ImageImport(name, Split.POOL, uri=path.as_uri()))
    on_disk.unlink()
    assert read(server, image) == png(7)
    (sent,) = take_in(server, ImageImport("c.png", Split.POOL, data=png(7)))
    other.unlink()
    assert read(server, sent) == png(7)  # which is a copy


def test_names_are_taken_as_the_file_system_spells_them(server: Server, on_disk: Path) -> None:
    for name in ("grün %41 #1?.png", os.fsdecode(b"\xff.png")):
        path = on_disk.rename(on_disk.with_name(name))
        (image,) = take_in(server, ImageImport(f"{len(name)}.png", Split.POOL, uri=path.as_uri()))
        assert read(server, image) == png(7)
        on_disk = path


def test_uris_outside_the_image_roots_are_refused(server: Server, on_disk: Path) -> None:
    outside = server.folder / "secret.png"
    outside.write_bytes(png(1))
    (on_disk.parent / "link.png").symlink_to(outside)
    for uri in (
        outside.as_uri(),
        f"file://{on_disk.parent}/../../secret.png",
        f"file://{on_disk.parent}/%2e%2e/%2e%2e/secret.png",
        (on_disk.parent / "link.png").as_uri(),
        "file:///etc/passwd",
    ):
        with pytest.raises(UriOutsideRoots, match=r"x\.png"):
            take_in(server, ImageImport("x.png", Split.POOL, uri=uri))
    assert images_of(server) == []


def test_without_image_roots_every_uri_is_refused(server: Server, on_disk: Path) -> None:
    with pytest.raises(UriOutsideRoots):
        ImageSource([]).read(ImageImport("x.png", Split.POOL, uri=on_disk.as_uri()))


@pytest.mark.parametrize(
    "uri",
    ["http://example.org/x.png", "x.png", "file:x.png", "file://elsewhere/x.png", "file:///a%00b.png", "file://["],
)
def test_unreadable_uris_are_refused(server: Server, uri: str) -> None:
    with pytest.raises(InvalidArgument, match=r"image x\.png"):
        take_in(server, ImageImport("x.png", Split.POOL, uri=uri))


def test_what_is_no_readable_file_is_refused(server: Server, on_disk: Path) -> None:
    os.mkfifo(on_disk.parent / "pipe.png")
    for path in (on_disk.parent, on_disk.parent / "none.png", on_disk.parent / "pipe.png"):
        with pytest.raises(InvalidImage, match=r"image x\.png"):
            take_in(server, ImageImport("x.png", Split.POOL, uri=path.as_uri()))


def test_files_larger_than_the_limit_are_refused_unread(server: Server, on_disk: Path) -> None:
    with on_disk.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(InvalidImage, match="bytes"):
        take_in(server, ImageImport("x.png", Split.POOL, uri=on_disk.as_uri()))


@pytest.mark.parametrize(
    ("bad", "error", "match"),
    [
        (ImageImport("bad.png", Split.POOL, data=b""), InvalidImage, r"bad\.png"),
        (ImageImport("bad.png", Split.POOL, data=png(1)[:40]), InvalidImage, r"bad\.png"),
        (ImageImport("bad.png", Split.POOL, data=b"no picture"), InvalidImage, r"bad\.png"),
        (ImageImport("bad.png", Split.TRAIN, data=png(1), objects=objects(9)), InvalidLabel, r"bad\.png, object 0"),
        (
            ImageImport("bad.png", Split.TRAIN, data=png(1), objects=(ObjectLabel(1, mask(1, 9, 9)),)),
            InvalidMask,
            r"bad\.png, object 0.* 9 x 9 pixels",
        ),
        (ImageImport("good.png", Split.POOL, data=png(2)), InvalidArgument, r"good\.png comes twice"),
    ],
)
def test_one_bad_image_keeps_the_whole_import_out(
    server: Server, bad: ImageImport, error: type[MaskloopError], match: str
) -> None:
    with pytest.raises(error, match=match):
        take_in(server, pool("good.png"), bad)
    assert (images_of(server), blobs_of(server)) == ([], set())


def test_imports_have_a_project_and_a_size(server: Server) -> None:
    with pytest.raises(InvalidArgument):
        take_in(server)
    with pytest.raises(InvalidArgument, match="1001 images"):
        take_in(server, *(pool(f"{place}.png") for place in range(1001)))
    with pytest.raises(ProjectNotFound):
        server.projects.import_images(project_id="q", images=[pool("a.png")])


def test_images_are_listed_by_split_in_pages(server: Server) -> None:
    images = take_in(server, *(pool(f"{place}.png", place) for place in range(5)))
    take_in(server, ImageImport("t.png", Split.TEST, data=png(9)))
    found: list[str] = []
    token = ""
    while True:
        page = server.projects.list_images(project_id="p", split=Split.POOL, page_size=2, page_token=token)
        found += [image.id for image in page.items]
        token = page.next_page_token
        if not token:
            break
    assert found == sorted(image.id for image in images)
