"""How masks are made of class labels, and where; kept with what came of it, so that the same command goes on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from maskloop.class_labels.photos import PROPOSE_FILE, Photos
from maskloop.errors import InvalidArgument, InvalidConfig
from maskloop.loop.options.device import check_device
from maskloop.loop.options.networks import CLASS_MAPS
from maskloop.loop.options.parsing import recipe_options
from maskloop.loop.options.run_file import check_same, read_run_file, write_run_file
from maskloop.spelling import did_you_mean
from maskloop.values import MAX_SEED

RUN_ID, DIGEST = "run_id", "digest"


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Args:
        recipe: `class_maps`, or that and what differs from it: `class_maps,closing=9`.
        method, refine: options of the recipe that have a name of their own; "" for the recipe's.
        seed: of the training, 0 or more.
        device: where the server that is started trains: `auto`, `cpu`, `cuda`, `cuda:N`.
        server: address of a server that is there, "" to start one.

    Raises:
        InvalidArgument: one cannot be; says which.
    """

    recipe: str = CLASS_MAPS
    method: str = ""
    refine: str = ""
    seed: int = 0
    device: str = "auto"
    server: str = ""

    def __post_init__(self) -> None:
        if self.recipe_name != CLASS_MAPS:
            near = did_you_mean(self.recipe_name, [CLASS_MAPS])
            raise InvalidArgument(
                f"--recipe {self.recipe_name!r}: {CLASS_MAPS} is what learns from class labels{near}", field="recipe"
            )
        if not 0 <= self.seed <= MAX_SEED:
            why = "is negative" if self.seed < 0 else f"is more than {MAX_SEED}"
            raise InvalidArgument(f"--seed {self.seed} {why}", field="seed")
        check_device(self.device)
        self.overrides()

    @property
    def recipe_name(self) -> str:
        """The recipe's name alone."""
        return self.recipe.partition(",")[0]

    def overrides(self) -> dict[str, object]:
        """What differs from the recipe, by option.

        Raises:
            InvalidArgument: what follows the recipe's name is not option=value.
        """
        named = {"method": self.method, "refine": self.refine}
        return {**recipe_options(self.recipe, "recipe"), **{name: value for name, value in named.items() if value}}


@dataclass(frozen=True)
class Kept:
    """What was begun in a folder: its id, and what was asked of which photographs.

    Photographs and labels bind from the beginning, options once a network was trained with them: until then a command
    with others goes on with what was imported.
    """

    run_id: str
    options: Options
    digest: str

    @classmethod
    def new(cls, options: Options, photos: Photos) -> Kept:
        """Something to begin."""
        return cls(str(uuid.uuid4()), options, photos.digest)

    def write(self, out: Path, *, trained: bool) -> None:
        """Leave it in the folder, with the options where a network was `trained` with them.

        Raises:
            FailedPrecondition: the folder cannot be written to.
        """
        options = asdict(self.options) if trained else {}
        write_run_file(out / PROPOSE_FILE, {RUN_ID: self.run_id, DIGEST: self.digest, **options})


def read_kept(out: Path) -> Mapping[str, object] | None:
    """What was begun in the folder; `None` where something new may begin.

    Raises:
        FailedPrecondition: the folder holds other things, or is a file.
        InvalidConfig: what lies there is broken.
    """
    return read_run_file(out / PROPOSE_FILE, {RUN_ID, DIGEST}, resume=True, option="out")


def find_kept(out: Path, options: Options, photos: Photos) -> Kept | None:
    """What was begun in the folder and is gone on with; `None` where something new may begin.

    Raises:
        FailedPrecondition: as `read_kept`.
        InvalidConfig: it was begun with other photographs or labels, or has a network of other options.
    """
    kept = read_kept(out)
    if kept is None:
        return None
    if kept.keys() > {RUN_ID, DIGEST}:
        check_same(out / PROPOSE_FILE, kept, asdict(options), option="out")
    if kept[DIGEST] != photos.digest:
        raise InvalidConfig(
            f"{out} was begun with other photographs or labels than those in {photos.folder} now; "
            "put them back as they were, or name another --out",
            field="out",
        )
    return Kept(str(kept[RUN_ID]), options, photos.digest)
