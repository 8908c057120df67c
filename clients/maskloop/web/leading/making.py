"""A project and a campaign made in the browser, from a folder of photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from maskloop.client import Client
from maskloop.errors import InvalidArgument
from maskloop.formats.photos import REFUSED, TAKEN
from maskloop.values import STRATEGY_KINDS, Budget, Campaign, ImageImport, Need, Project, Split, Strategy

DEFAULT_STRATEGY = "mask_guided"


@dataclass(frozen=True)
class StrategyDocument:
    """A way of choosing images, with a sentence on it."""

    name: str
    summary: str


@dataclass(frozen=True)
class TakenDocument:
    """What became of uploaded files: how many are in, and which were refused, each with why."""

    taken: int
    refused: tuple[tuple[str, str], ...]


def read_choices() -> dict[str, object]:
    """What there is to choose from: strategies of images, and suffixes of pictures."""
    ways = [
        StrategyDocument(name, kind.summary)
        for name, kind in STRATEGY_KINDS.items()
        if Need.CLASSIFIER not in kind.needs and name != "mix"
    ]
    return {
        "strategies": [asdict(each) for each in ways],
        "default_strategy": DEFAULT_STRATEGY,
        "suffixes": sorted(TAKEN | REFUSED),
    }


def make_project(client: Client, project_id: str, name: str, classes: Sequence[str], request_id: str) -> Project:
    """Make a project whose classes get the ids 1, 2, 3, ... in their order.

    Raises:
        InvalidArgument: the id cannot be, or there is no class, or one twice.
        AlreadyExists: the id is taken.
    """
    if not classes:
        raise InvalidArgument("name what is to be outlined, such as crack and spalling", field="classes")
    twice = next((each for each in classes if classes.count(each) > 1), None)
    if twice is not None:
        raise InvalidArgument(f"class {twice} is there twice", field="classes")
    return client.create_project(
        project_id=project_id, categories=list(classes), display_name=name, request_id=request_id
    )


def take_images(client: Client, project_id: str, files: Sequence[tuple[str, bytes]]) -> TakenDocument:
    """Bring files in as images of the pool; what is no picture is refused by name, the others are taken.

    Args:
        client: of the server.
        project_id: the project.
        files: each a name, which is its path below the folder with slashes, and its bytes.
    """
    refused: list[tuple[str, str]] = []
    images: list[ImageImport] = []
    for name, data in files:
        try:
            images.append(ImageImport(_safe(name), Split.POOL, data=data))
        except InvalidArgument as error:
            refused.append((name, error.message))
    brought = client.import_pictures(images, project_id=project_id) if images else None
    if brought is not None:
        refused += [(item.name, item.why) for item in brought.passed_over]
    return TakenDocument(len(brought.images) if brought else 0, tuple(refused))


def _safe(name: str) -> str:
    """A name as a path below a folder.

    Raises:
        InvalidArgument: it leads out of the folder, or cannot be kept.
    """
    parts = name.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") for part in parts) or any(ord(letter) < 32 for letter in name):
        raise InvalidArgument(f"{name!r:.80} is no file's path below a folder", field="files")
    return "/".join(parts)


def make_campaign(
    client: Client, project_id: str, campaign_id: str, wish: dict[str, str | int], request_id: str
) -> Campaign:
    """Make a campaign: `budget` as `8h` or `200images`, `strategy` and `seed`.

    Raises:
        InvalidBudget, InvalidArgument: they cannot be.
        AlreadyExists: the id is taken.
    """
    return client.create_campaign(
        project_id=project_id,
        campaign_id=campaign_id,
        budget=Budget.parse(str(wish["budget"])),
        strategy=Strategy.parse(str(wish["strategy"])),
        seed=int(wish["seed"]),
        request_id=request_id,
    )
