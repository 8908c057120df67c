"""What a run is asked to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maskloop.datasets.subset import Excerpt
from maskloop.datasets.test_images import TestImages
from maskloop.errors import InvalidArgument
from maskloop.formats.bad_entries import OnBad
from maskloop.loop.options.declaration import NOT_NEGATIVE, Range, check_ranges, option
from maskloop.loop.options.device import check_device
from maskloop.loop.options.labeler import GROUND_TRUTH
from maskloop.loop.options.labels import LabelOptions
from maskloop.loop.options.networks import NetworkOptions
from maskloop.loop.options.panels import BUDGET, DATA, HARD_OOD, LABELS, RUN, SELECTION, STUDENT, TRAINING
from maskloop.loop.options.parsing import checked_strategy, number_range, seconds_of_workday
from maskloop.loop.options.server import ServerOptions
from maskloop.loop.options.stop_rules import StopRule
from maskloop.loop.options.together import check_together
from maskloop.values import Budget, Need, Strategy


@dataclass(frozen=True)
class Options(ServerOptions, NetworkOptions, LabelOptions):
    """The options of `al-loop`, as the command line spells them; their help says what each of them is.

    Beyond their help: `data` and `ood` are as `read_data` has them; `classes` to `test_images` say what of the data to
    take, as `Excerpt` has it. `target_iou` is mask_guided's option `target`, which has a name of its own. `initial`
    and `batch` are budgets, "" for what the plan makes of them. `encoder` and `image_size` are two options of the
    recipe that have a name of their own.

    Raises:
        InvalidArgument: an option cannot be; says which.
    """

    budget: str = option(help="Annotator time or images to spend: 90m, 3h, 2.5d, 200images.", panel=BUDGET)
    data: str = option(
        help="images:DIR (photographs without labels), coco:DIR, coco:FILE,IMAGES, voc:DIR, or demo, demo:easy, "
        "demo:hard, demo:video, demo:photos.",
        panel=DATA,
        is_compared=True,
    )
    classes: str = option(
        "",
        help="The vocabulary of photographs without labels; of other data only these categories: window,door.",
        panel=DATA,
        is_compared=True,
    )
    test: str = option(
        "",
        help="Test images: 30images or 2h (drawn from the pool and labeled first), none, or a data set with labels. "
        "By default the data's own or, where nobody has labeled any, a fifth of the budget.",
        panel=DATA,
    )
    crop: int = option(0, help="Cut images into squares of this side in pixels.", panel=DATA, is_compared=True)
    stretch: bool = option(
        False,
        help="Stretch the contrast of images, from the 1st to the 99.5th percentile.",
        panel=DATA,
        is_compared=True,
    )
    objects: str = option(
        "", help="Only images (after cutting) with so many objects: 1-8, 3.", panel=DATA, is_compared=True
    )
    pool_images: int = option(0, help="Draw so many of the pool's images; 0 for all.", panel=DATA, is_compared=True)
    test_images: int = option(0, help="Draw so many of the test images; 0 for all.", panel=DATA, is_compared=True)
    on_bad: str = option(
        "stop",
        help="Bad entries of the data: stop, or skip and list them.",
        panel=DATA,
        is_compared=True,
    )
    strategy: str = option(
        "mask_guided", help="How images are chosen: NAME[:OPTION=VALUE,...]; see maskloop strategies.", panel=SELECTION
    )
    target_iou: str = option("auto", help="Predicted IoU to choose near, in [0, 1], or auto.", panel=SELECTION)
    first_batch: str = option(
        "random", help="How the first batch is chosen: random or cold_start.", panel=SELECTION, is_compared=True
    )
    initial: str = option("", help="Size of the first batch: 20, 20images, 30m.", panel=BUDGET, is_compared=True)
    batch: str = option("", help="Size of each later batch: 10, 10images, 20m.", panel=BUDGET, is_compared=True)
    max_rounds: int | None = option(
        None, help="Batches chosen after the first, at most.", panel=BUDGET, within=NOT_NEGATIVE, is_compared=True
    )
    counts_share: float = option(
        0.15,
        help="Share of the budget for counts, in [0, 1]; of what is left, when counted images run out.",
        panel=LABELS,
        within=Range(0, 1),
        is_compared=True,
    )
    counts: bool = option(
        False,
        help="Buy counts of objects, and train networks that must be told them.",
        panel=LABELS,
        is_compared=True,
    )
    kinds: str = option(
        "full",
        help="Labels to learn from, with their shares of the seconds: full, or boxes,full (half each), or "
        "points=0.2,boxes=0.3,full, or auto: boxes and full, each batch by what networks gained. Boxes, scribbles "
        "and points are on further images, drawn at random.",
        panel=LABELS,
        is_compared=True,
    )
    weak: str = option(
        "",
        help="Buy these labels first, and begin with masks proposed by them: boxes, scribbles, points, or image_level "
        "(classes an image holds).",
        panel=LABELS,
        is_compared=True,
    )
    weak_share: float = option(
        0.1, help="Share of the budget for them.", panel=LABELS, within=Range(0, 0.5, is_open=True), is_compared=True
    )
    weak_recipe: str = option(
        "class_maps",
        help="Recipe that proposes by these labels: by image-level labels class_maps or oeem[,OPTION=VALUE,...]; by "
        "boxes, scribbles or points the campaign's own, or unet[,OPTION=VALUE,...]; by boxes bbam as well.",
        panel=TRAINING,
        is_compared=True,
    )
    outline_cost: str = option(
        "79", help="Planned seconds of an outline: 79, or by length: 30+60, length.", panel=LABELS, is_compared=True
    )
    assist: str = option(
        "auto",
        help="How people are helped to outline: none, proposals (the network's, to accept, mend or remove), boxes (the "
        "same, and a mask for each box), or auto: proposals once the IoU head is trusted.",
        panel=LABELS,
    )
    also_propose: tuple[str, ...] = option(
        (),
        help="Another recipe whose networks propose as well: class_maps[,OPTION=VALUE,...], oeem, bbam or unet. "
        "Of each image people see the masks of one network, by what reviews of each have saved. May be repeated.",
        panel=LABELS,
        is_compared=True,
    )
    min_proposal_iou: float = option(
        0.5,
        help="Show no proposal of a lower predicted IoU, in [0, 1].",
        panel=LABELS,
        within=Range(0, 1),
        is_compared=True,
    )
    review_cost: str = option(
        "",
        help="Planned seconds of a review's steps, such as look=1.5,reject=2,reclassify=2,box=7,correction=bands.",
        panel=LABELS,
        is_compared=True,
    )
    seed: int = option(0, help="Seed of every random choice.", panel=SELECTION, within=NOT_NEGATIVE)
    recipe: str = option(
        "pretrained",
        help="Training recipe: pretrained, class_maps, oeem, bbam, unet, recurrent, compact, paper, or one of these "
        "with ,OPTION=VALUE,...",
        panel=TRAINING,
        is_compared=True,
    )
    encoder: str = option(
        "", help="Encoder in place of the recipe's, such as timm:resnet18.", panel=TRAINING, is_compared=True
    )
    image_size: int = option(
        0, help="Side in pixels in place of the recipe's.", panel=TRAINING, within=NOT_NEGATIVE, is_compared=True
    )
    device: str = option("auto", help="Where to train: auto, cpu or cuda.", panel=TRAINING)
    copy_images: bool = option(False, help="Copy images to the server; one started here refers to them.", panel=RUN)
    keep: int = option(
        3, help="Keep the files of so many networks, and of the best; 0 for all.", panel=RUN, within=NOT_NEGATIVE
    )
    compare: tuple[str, ...] = option(
        (), help="Run this strategy as well, as a baseline: random. May be repeated.", panel=SELECTION
    )
    labeler: str = option(
        GROUND_TRUTH,
        help="ground-truth (the data's own labels; ground-truth,outlines=0.91,accept=0.85 is as exact as "
        "people), web or web:PORT (a page; web:PORT,host=HOST,token_file=FILE lets others in, and "
        "tls_cert=FILE,tls_key=FILE makes it https), folder:DIR, or folder:DIR,annotators=ADA+BOB.",
        panel=LABELS,
    )
    workday: str = option("24h", help="How long a day is in the other options.", panel=BUDGET, is_compared=True)
    stop_when: tuple[str, ...] = option(
        (),
        help="End sooner: pq=0.5, ap50=..., mean_iou=..., ap=..., or plateau=0.005. May be repeated.",
        panel=BUDGET,
        is_compared=True,
    )
    ood: str = option(
        "",
        help="Images believed to hold nothing: coco:DIR, voc:DIR, or rest (what --classes leaves empty).",
        panel=HARD_OOD,
    )
    ood_share: float = option(
        0.02,
        help="Share of what is left that each round spends on checking those that fool a classifier.",
        panel=HARD_OOD,
        within=Range(0, 1, is_open=True),
    )
    classifier: str = option(
        "compact",
        help="Recipe of that classifier: compact, pretrained, paper, or one of these with ,OPTION=VALUE,...",
        panel=HARD_OOD,
    )
    student_network: str = option(
        "",
        help="Afterwards train a student network, on pseudo-labels as well, by this recipe; pretrained if unnamed.",
        panel=STUDENT,
        alone="pretrained",
    )
    pseudo_min_iou: float = option(
        0.0, help="Leave out pseudo-labels of a lower predicted IoU, in [0, 1].", panel=STUDENT, within=Range(0, 1)
    )

    def __post_init__(self) -> None:
        self.parsed_budget()
        self.bad_entries()
        self.excerpt()
        self.tested()
        self.stop_rules()
        self.outline_price()
        self.review_prices()
        self.parsed_assist()
        self.parsed_kinds()
        self.amount("initial")
        self.amount("batch")
        self.parsed_strategy()
        self.parsed_first_batch()
        self.recipe_overrides()
        self.classifier_overrides()
        self.student_overrides()
        self.weak_overrides()
        self.other_recipes()
        check_ranges(self)
        check_device(self.device)
        self.parsed_labeler()
        self.endpoint()
        check_together(self)

    def bad_entries(self) -> OnBad:
        """What becomes of entries of the data that cannot be."""
        if self.on_bad not in list(OnBad):
            raise InvalidArgument(f"--on-bad {self.on_bad!r} is neither stop nor skip", field="on_bad")
        return OnBad(self.on_bad)

    def arms(self) -> tuple[Strategy, ...]:
        """The strategies of the run's arms, the campaign's own first."""
        return (self.parsed_strategy(), *map(checked_strategy, self.compare))

    def parsed_budget(self) -> Budget:
        """The budget."""
        return Budget.parse(self.budget, seconds_of_workday(self.workday))

    def excerpt(self) -> Excerpt:
        """What of the data to take."""
        names = tuple(name.strip() for name in self.classes.split(",") if name.strip())
        return Excerpt(names, self.crop, self.stretch, number_range(self.objects), self.pool_images, self.test_images)

    @property
    def vocabulary_grows(self) -> bool:
        """Whether `classes` are the vocabulary itself, to which people may add."""
        return self.data.startswith("images:")

    def tested(self) -> TestImages:
        """Which are the test images."""
        return TestImages.parse(self.test, seconds_of_workday(self.workday))

    def amount(self, name: str) -> Budget | None:
        """`initial` or `batch`; a bare number counts images."""
        text = str(getattr(self, name)).strip()
        if not text:
            return None
        text = f"{text}images" if re.fullmatch(r"[+-]?\d+", text) else text
        return Budget.parse(text, seconds_of_workday(self.workday))

    def parsed_strategy(self) -> Strategy:
        """The campaign's strategy with its options."""
        strategy = Strategy.parse(self.strategy)
        if self.target_iou != "auto":
            strategy = Strategy(strategy.name, {**strategy.options, "target": self.target_iou})
        strategy.check()
        return strategy

    def parsed_first_batch(self) -> Strategy:
        """The strategy of the first batch."""
        strategy = checked_strategy(self.first_batch)
        if strategy.needs - {Need.COLD_FEATURES}:
            raise InvalidArgument(
                f"--first-batch {self.first_batch} needs what nobody knows before the first batch", field="first_batch"
            )
        return strategy

    def stop_rules(self) -> tuple[StopRule, ...]:
        """What ends the campaign before its budget does."""
        return tuple(map(StopRule.parse, self.stop_when))
