"""What a budget will take, before it is spent: images, rounds, and time of the machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from maskloop.client import Client
from maskloop.datasets.read import Data, read_data
from maskloop.errors import InvalidBudget
from maskloop.loop.goals import FIRST_IMAGES, MOST_INITIAL
from maskloop.loop.options import Options
from maskloop.loop.planning.plan import INITIAL_SHARE, ROUNDS, Plan, plan_on
from maskloop.loop.shares import NO_MARKS
from maskloop.pages.wording import say_count
from maskloop.values import LABEL_KINDS, Assist, Budget, SupervisionKind

TRAIN_S = {"compact": 70.0, "pretrained": 45.0}
"""Seconds of one training with its calibration, measured on 2 CPU cores without a GPU, by recipe."""
CLASSIFY_S = {"compact": 14.0}
"""Seconds of one training of a classifier with its held-out fit, on the same."""
READ_IMAGE_S = 0.01
"""Seconds to score or evaluate one image, on the same."""
HELPED_SHARES = {Assist.PROPOSALS: (0.47, 1.0), Assist.BOXES: (0.25, 0.71)}
"""Smallest and largest share of the time of drawing that 40 labels took on five sets; see docs/results/assisted.md."""


@dataclass(frozen=True)
class Forecast:
    """What one arm will take.

    Args:
        initial_images: of the first batch.
        images: labeled in all.
        counted: images that are counted.
        rounds: networks that the campaign trains, a student network apart.
        machine_s: the machine's seconds, a student network's too; `None` for recipes that were not measured.
        ood_checks: of candidate OoD images, at most: nobody knows yet how many will fool a classifier.
        student: whether a student network is trained.
        test_images: that people label first, 0 where the test images are known.
        marked: images whose objects are boxed, stroked or pointed at, by kind.
        is_guessed: whether nobody knows yet what images hold, so that what they cost is taken from other data.
    """

    initial_images: int
    images: int
    counted: int
    rounds: int
    machine_s: float | None
    ood_checks: int = 0
    student: bool = False
    test_images: int = 0
    marked: Mapping[SupervisionKind, int] = field(default_factory=dict)
    is_guessed: bool = False

    @property
    def trainings(self) -> int:
        """Rounds, and the student network."""
        return self.rounds + self.student


def data_of(options: Options, demo_folder: Path) -> Data:
    """The data that the options name.

    Raises:
        InvalidArgument, InvalidDataset: there is no such data, or it does not hold together.
    """
    data = read_data(
        options.data,
        demo_folder,
        options.seed,
        options.excerpt(),
        options.ood,
        test=options.tested(),
        on_bad=options.bad_entries(),
    )
    return data.labeled() if options.simulated else data


def check_recipes(client: Client, options: Options) -> Mapping[str, object]:
    """Ask a server whether it would train by these recipes. Returns that of the campaign with all its options.

    Raises:
        InvalidConfig: there is no such recipe or option, or a value cannot be.
    """
    if options.student_network:
        client.resolve_recipe(recipe=options.student_name, overrides=options.student_overrides())
    if options.weak:
        client.resolve_recipe(recipe=options.weak_name, overrides=options.weak_overrides())
    for recipe, overrides in options.other_recipes():
        client.resolve_recipe(recipe=recipe, overrides=overrides)
    return client.resolve_recipe(recipe=options.recipe_name, overrides=options.recipe_overrides())


def forecasts_of(options: Options, data: Data) -> dict[str, Forecast]:
    """What each arm will take, by strategy.

    Raises:
        InvalidBudget: the budget does not buy the cheapest image.
    """
    recipes = (options.recipe_name, options.classifier_name, options.student_name)
    return {str(arm): forecast(plan_on(data, options, arm), data, *recipes) for arm in options.arms()}


def forecast(plan: Plan, data: Data, recipe: str, classifier: str = "compact", student: str = "") -> Forecast:
    """Expect of the pool what the test images cost: their labels are known, the pool's are not to be looked at. Where
    there are none, expect what Pascal VOC's images cost.

    Args:
        plan: of the arm.
        data: on which it runs.
        recipe, classifier: names of recipes.
        student: that of a student network, "" for none.
    """
    full_s, counts_s = (_expected_s(plan, data, kind) for kind in (SupervisionKind.FULL, SupervisionKind.COUNTS))
    test_images, whole = _test_images(plan, full_s), plan
    plan = _after_test(plan, test_images, full_s)
    initial, pool = _initial_images(plan, full_s), len(data.pool) - test_images
    plan, marked = _after_marks(_after_weak_start(plan, whole), data, pool)
    initial = min(initial, pool, _affordable(plan, full_s))
    counted = min(int(whole.counts_s / counts_s), pool - initial)
    open_images = counted if plan.needs_counts else pool - initial
    later_s = max(1.0, full_s - counts_s) if plan.needs_counts else full_s  # nothing, where all are empty
    if plan.budget.seconds is None:
        later = float((plan.budget.images or 0) - initial)
        left_s = later * plan.expected_full_s
    else:
        left_s = plan.budget.seconds - initial * full_s - counted * counts_s
        later = left_s / later_s
    rounds, later = _rounds(plan, min(max(0.0, later), open_images), later_s)
    ood_checks = _ood_checks(plan, left_s, later * later_s, rounds, len(data.candidates))
    if plan.budget.seconds is not None:
        later = min(later, (left_s - ood_checks * plan.costs.ood_check()) / later_s)
    images = initial + int(later)
    tested = len(data.test) or test_images
    parts_s = [_train_s(recipe, counted + sum(marked.values()) + tested) for _ in range(rounds + 1)]
    if student:
        parts_s.append(_train_s(student, pool - images + tested))
    if ood_checks:
        parts_s += [_classify_s(classifier, len(data.candidates)) for _ in range(rounds)]
    return Forecast(
        initial,
        images,
        counted,
        rounds + 1,
        _sum_s(parts_s),
        ood_checks,
        bool(student),
        test_images,
        marked,
        is_guessed=not data.test,
    )


def _expected_s(plan: Plan, data: Data, kind: SupervisionKind) -> float:
    """Seconds of a label of this kind."""
    if not data.test:
        return plan.expected_s(kind)
    labels = [LABEL_KINDS[kind].of(image.objects) for image in data.test]
    return sum(label.cost_s(plan.costs) for label in labels) / len(labels)


def _after_marks(plan: Plan, data: Data, pool: int) -> tuple[Plan, dict[SupervisionKind, int]]:
    """The plan with what marks leave of its budget, and how many images get each kind of them."""
    whole_s, left_s = plan.budget.seconds, plan.budget.seconds or 0.0
    marked: dict[SupervisionKind, int] = {}
    for kind, share in plan.shares.of_marks.items() if whole_s else ():
        one_s = _expected_s(plan, data, kind)
        marked[kind] = min(int(share * (whole_s or 0.0) / one_s), pool - sum(marked.values()))
        left_s -= marked[kind] * one_s
    if not any(marked.values()):
        return plan, marked
    return replace(plan, budget=Budget(seconds=left_s), shares=NO_MARKS), marked


def _test_images(plan: Plan, full_s: float) -> int:
    """Test images that people label first."""
    if plan.test is None:
        return 0
    wanted = plan.test.wanted
    images = wanted.images if wanted.images is not None else math.floor((wanted.seconds or 0.0) / full_s)
    most = images if plan.test.is_asked else min(images, plan.test.most_images)
    return min(max(1, most), _affordable(plan, full_s))


def _after_test(plan: Plan, test_images: int, full_s: float) -> Plan:
    """The plan with what is left once the test images are paid for.

    Raises:
        InvalidBudget: nothing is.
    """
    if not test_images:
        return plan
    if plan.budget.images is not None:
        left = Budget(images=plan.budget.images - test_images) if plan.budget.images > test_images else None
    else:
        left_s = (plan.budget.seconds or 0.0) - test_images * full_s
        left = Budget(seconds=left_s) if left_s >= full_s else None
    if left is None:
        raise InvalidBudget(
            f"{say_count(test_images, 'test image')} would take the whole budget; ask for fewer by --test", field="test"
        )
    return replace(plan, budget=left, test=None)


def _after_weak_start(plan: Plan, whole: Plan) -> Plan:
    """The plan with what is left once the labels before the first outline are paid for, a share of the whole plan's."""
    if plan.weak is None or plan.budget.seconds is None:
        return plan
    left_s = plan.budget.seconds - whole.weak_goal(plan.weak).end_s
    return replace(plan, budget=Budget(seconds=max(left_s, plan.costs.cheapest_full())), weak=None)


def _sum_s(parts_s: Sequence[float | None]) -> float | None:
    """Their sum; `None` if one was not measured."""
    known_s = [seconds for seconds in parts_s if seconds is not None]
    return sum(known_s) if len(known_s) == len(parts_s) else None


def _affordable(plan: Plan, full_s: float) -> int:
    return plan.budget.images or math.floor((plan.budget.seconds or 0.0) / full_s)


def _initial_images(plan: Plan, full_s: float) -> int:
    asked = plan.asked_initial
    if asked is not None:
        return asked.images or math.floor((asked.seconds or 0.0) / full_s)
    third = INITIAL_SHARE * (plan.budget.images or plan.shares.outlines * (plan.budget.seconds or 0.0) / full_s)
    return min(max(FIRST_IMAGES, round(third)), MOST_INITIAL)


def _rounds(plan: Plan, later: float, later_s: float) -> tuple[int, float]:
    """Rounds after the first batch, and the images they buy."""
    if plan.asked_batch is None:
        rounds = ROUNDS if plan.max_rounds is None else plan.max_rounds
        return min(rounds, math.floor(later)), later if rounds else 0.0
    each = plan.asked_batch.images or max(1.0, (plan.asked_batch.seconds or 0.0) / later_s)
    rounds = math.ceil(later / each)
    if plan.max_rounds is not None and rounds > plan.max_rounds:
        return plan.max_rounds, plan.max_rounds * each
    return rounds, later


def _ood_checks(plan: Plan, left_s: float, later_s: float, rounds: int, candidates: int) -> int:
    """OoD checks, at most: of `left_s` before `rounds` that spend `later_s` evenly on labels."""
    checks = 0
    for _ in range(rounds):
        more = min(plan.most_ood_checks(left_s), candidates - checks)
        checks += more
        left_s = max(0.0, left_s - more * plan.costs.ood_check() - later_s / rounds)
    return checks


def _train_s(recipe: str, read_images: int) -> float | None:
    """Seconds of a network that is trained and reads images; `None` if they were not measured."""
    return TRAIN_S[recipe] + read_images * READ_IMAGE_S if recipe in TRAIN_S else None


def _classify_s(recipe: str, read_images: int) -> float | None:
    """The same of a classifier."""
    return CLASSIFY_S[recipe] + read_images * READ_IMAGE_S if recipe in CLASSIFY_S else None
