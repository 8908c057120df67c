"""What a run was asked to do: written to WORKDIR/run.json before anything else, and compared on `--resume`."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path

from maskloop.datasets.read import REST
from maskloop.datasets.subset import Excerpt
from maskloop.errors import InvalidArgument, InvalidBudget
from maskloop.loop.run_file import check_same, read_run_file, write_run_file
from maskloop.loop.stop_rules import StopRule
from maskloop.values import DAY_S, Budget, Need, Strategy

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Options:
    """The options of `al-loop`, as the command line spells them.

    Args:
        budget: `90m`, `3h`, `2.5d` or `200images`.
        data: `coco:DIR`, `coco:FILE,IMAGES`, `voc:DIR` or a demo, as `read_data` has them.
        classes, crop, stretch, objects, pool_images, test_images: what of the data to take, as `Excerpt` has it;
            classes with commas between, objects as `1-8` or `3`.
        strategy: how images are chosen, as NAME[:OPTION=VALUE,...].
        target_iou: mask_guided's option `target`, which has a name of its own; `auto` for what the strategy says.
        first_batch: how the first batch is chosen, before there is a model.
        initial, batch: size of the first batch and of each later one, as a budget; "" for what the plan makes of it.
        max_rounds: batches chosen after the first one, at most; `None` for no limit.
        counts_share: share of the budget for counts, in [0, 1]; when counted images run out, of what is left.
        counts: whether to buy counts for mask-guided choosing, and train networks that are told them.
        recipe: the training recipe, and after commas what differs from it: `compact` or `compact,max_iterations=200`.
        encoder, image_size: two of these options that have a name of their own; "" and 0 for the recipe's.
        device: where the server it starts trains: `auto`, `cpu` or `cuda`.
        server: address of a running server, "" to start one.
        compare: strategies of the baselines, none or several.
        labeler: `ground-truth` or `folder:DIR`.
        workday: how long a day is when the budget is given in days, as a budget.
        stop_when: rules that end the campaign sooner, as `StopRule.parse` reads them.
        ood: images believed to hold nothing of the vocabulary, as `read_data` has them; "" for none.
        ood_share: share of what is left that each round spends on looking at those that fool a classifier, in (0, 1].
        classifier: the recipe of that classifier, as `recipe` spells one.
        student_network: recipe of a student network, spelt as `recipe`, which is trained after the campaign, on
            pseudo-labels as well, and finds by itself; "" for none.
        pseudo_min_iou: pseudo-labels of a lower predicted IoU are left out, in [0, 1].

    Raises:
        InvalidArgument: an option cannot be; says which.
    """

    budget: str
    data: str
    classes: str = ""
    crop: int = 0
    stretch: bool = False
    objects: str = ""
    pool_images: int = 0
    test_images: int = 0
    strategy: str = "mask_guided"
    target_iou: str = "auto"
    first_batch: str = "random"
    initial: str = ""
    batch: str = ""
    max_rounds: int | None = None
    counts_share: float = 0.15
    counts: bool = False
    seed: int = 0
    recipe: str = "compact"
    encoder: str = ""
    image_size: int = 0
    device: str = "auto"
    server: str = ""
    compare: tuple[str, ...] = ()
    labeler: str = "ground-truth"
    workday: str = "24h"
    stop_when: tuple[str, ...] = ()
    ood: str = ""
    ood_share: float = 0.02
    classifier: str = "compact"
    student_network: str = ""
    pseudo_min_iou: float = 0.0

    def __post_init__(self) -> None:
        self.parsed_budget()
        self.excerpt()
        self.stop_rules()
        self.amount("initial")
        self.amount("batch")
        self.parsed_strategy()
        self.parsed_first_batch()
        self.recipe_overrides()
        self.classifier_overrides()
        self.student_overrides()
        if not 0 <= self.pseudo_min_iou <= 1:
            raise InvalidArgument(f"--pseudo-min-iou {self.pseudo_min_iou:g} is outside [0, 1]", field="pseudo_min_iou")
        if self.max_rounds is not None and self.max_rounds < 0:
            raise InvalidArgument(f"--max-rounds {self.max_rounds} is negative", field="max_rounds")
        if not 0 <= self.counts_share <= 1:
            raise InvalidArgument(f"--counts-share {self.counts_share:g} is outside [0, 1]", field="counts_share")
        if not 0 < self.ood_share <= 1:
            raise InvalidArgument(f"--ood-share {self.ood_share:g} is outside (0, 1]", field="ood_share")
        if self.ood == REST and not self.excerpt().classes:
            raise InvalidArgument("--ood rest: name the --classes that the rest holds nothing of", field="ood")
        if self.seed < 0:
            raise InvalidArgument(f"--seed {self.seed} is negative", field="seed")
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", self.device):
            raise InvalidArgument(f"--device {self.device!r} is none of auto, cpu, cuda, cuda:N", field="device")
        if self.image_size < 0:
            raise InvalidArgument(f"--image-size {self.image_size} is negative", field="image_size")
        if twice := next((one for one in self.arms() if self.arms().count(one) > 1), None):
            raise InvalidArgument(f"--compare {twice} is an arm of the run already", field="compare")
        if not self.simulated and self.parsed_strategy().uses_imported_scores:
            raise InvalidArgument("scores=imported: only --labeler ground-truth knows true IoUs", field="strategy")
        if self.compare and not self.simulated:
            raise InvalidArgument("--compare needs --labeler ground-truth: people label once", field="compare")
        if not self.simulated and not re.fullmatch(r"folder:.+", self.labeler):
            raise InvalidArgument(f"--labeler {self.labeler!r} is neither ground-truth nor folder:DIR", field="labeler")

    @property
    def simulated(self) -> bool:
        """Whether the data's own labels answer, and no person."""
        return self.labeler == "ground-truth"

    def arms(self) -> tuple[Strategy, ...]:
        """The strategies of the run's arms, the campaign's own first."""
        return (self.parsed_strategy(), *map(_checked, self.compare))

    def parsed_budget(self) -> Budget:
        """The budget; a day has `workday` seconds."""
        workday_s = Budget.parse(self.workday).seconds
        if workday_s is None or workday_s > DAY_S:
            raise InvalidBudget(f"--workday {self.workday!r} is no time of up to 24h", field="workday")
        return Budget.parse(self.budget, workday_s)

    def excerpt(self) -> Excerpt:
        """What of the data to take."""
        names = tuple(name.strip() for name in self.classes.split(",") if name.strip())
        return Excerpt(names, self.crop, self.stretch, _range(self.objects), self.pool_images, self.test_images)

    def amount(self, name: str) -> Budget | None:
        """`initial` or `batch`; a bare number counts images."""
        text = str(getattr(self, name)).strip()
        if not text:
            return None
        return Budget.parse(f"{text}images" if re.fullmatch(r"[+-]?\d+", text) else text)

    def parsed_strategy(self) -> Strategy:
        """The campaign's strategy with its options."""
        strategy = Strategy.parse(self.strategy)
        if self.target_iou != "auto":
            strategy = Strategy(strategy.name, {**strategy.options, "target": self.target_iou})
        strategy.check()
        return strategy

    def parsed_first_batch(self) -> Strategy:
        """The strategy of the first batch."""
        strategy = _checked(self.first_batch)
        if strategy.needs - {Need.COLD_FEATURES}:
            raise InvalidArgument(
                f"--first-batch {self.first_batch} needs what nobody knows before the first batch", field="first_batch"
            )
        return strategy

    def stop_rules(self) -> tuple[StopRule, ...]:
        """What ends the campaign before its budget does."""
        return tuple(map(StopRule.parse, self.stop_when))

    @property
    def recipe_name(self) -> str:
        """The recipe's name alone."""
        return self.recipe.partition(",")[0]

    def recipe_overrides(self) -> dict[str, object]:
        """What differs from the recipe, by option."""
        overrides = {"classes": "fed" if self.counts else "predicted", **_overrides(self.recipe, "recipe")}
        return overrides | self._named()

    @property
    def student_name(self) -> str:
        """The student network's recipe's name alone."""
        return self.student_network.partition(",")[0]

    def student_overrides(self) -> dict[str, object]:
        """What differs from the student network's recipe, by option; it is of the campaign's image size and encoder,
        unless its recipe says otherwise."""
        overrides = {**self._named(), "classes": "predicted", **_overrides(self.student_network, "student-network")}
        if overrides["classes"] != "predicted":
            raise InvalidArgument(
                f"--student-network {self.student_network!r}: a student network finds by itself",
                field="student_network",
            )
        return overrides

    def _named(self) -> dict[str, object]:
        """Options of the recipe that have a name of their own."""
        return {name: value for name in ("encoder", "image_size") if (value := getattr(self, name))}

    @property
    def classifier_name(self) -> str:
        """The classifier's recipe's name alone."""
        return self.classifier.partition(",")[0]

    def classifier_overrides(self) -> dict[str, object]:
        """What differs from the classifier's recipe, by option."""
        return _overrides(self.classifier, "classifier")

    @property
    def without_counts(self) -> bool:
        """Whether networks find by themselves what there is."""
        return self.recipe_overrides().get("classes") == "predicted"


DEFAULTS = {one.name: one.default for one in fields(Options) if one.default is not MISSING}
"""What options are that a run file does not hold: those that came after it was written."""


def _checked(text: str) -> Strategy:
    strategy = Strategy.parse(text)
    strategy.check()
    return strategy


def _overrides(recipe: str, option: str) -> dict[str, object]:
    """What follows a recipe's name: `compact,iterations=200` gives iterations 200."""
    pairs = [part.partition("=") for part in recipe.split(",")[1:]]
    wrong = next((name for name, equals, value in pairs if not (name and equals and value)), None)
    if wrong is not None:
        raise InvalidArgument(f"--{option} {recipe!r}: {wrong!r} is not option=value", field=option.replace("-", "_"))
    return {name: _value(text) for name, _, text in pairs}


def _value(text: str) -> object:
    """A number or a truth value where `text` is one, as in JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _range(text: str) -> tuple[int, int] | None:
    """`1-8`, or `3` for 3-3; "" is no range."""
    if not text:
        return None
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    if not found:
        raise InvalidArgument(f"--objects {text!r} is neither a number nor two, as in 1-8", field="objects")
    return int(found[1]), int(found[2] or found[1])


def find_run(workdir: Path, options: Options, *, resume: bool) -> str:
    """The id of the run that WORKDIR holds and that `options` ask to go on with; "" if a new one may begin there.

    A run that was begun without a student network may be given one.

    Raises:
        FailedPrecondition: there is a run and `resume` is off, or the folder holds other things.
        InvalidConfig: the options differ from the run's; names those that do.
    """
    kept = read_run_file(workdir / RUN_FILE, {"run_id"}, resume=resume)
    if kept is None:
        return ""
    before = {**DEFAULTS, **kept}
    if not before["student_network"]:
        before |= {"student_network": options.student_network, "pseudo_min_iou": options.pseudo_min_iou}
    check_same(workdir / RUN_FILE, before, asdict(options))
    return str(kept["run_id"])


def begin_run(workdir: Path, options: Options, run_id: str) -> None:
    """Write what the run was asked to do, before it does anything.

    Raises:
        FailedPrecondition: the folder cannot be made or written to.
    """
    write_run_file(workdir / RUN_FILE, {"run_id": run_id, **asdict(options)})
