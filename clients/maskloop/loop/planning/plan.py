"""How a budget is spent: the first batch, the counts, and the rounds after them.

What the options leave open is decided here. A third of the budget buys the first batch, chosen at random: five images
to learn what an image costs, then again and again half of what seems to remain by the mean cost so far, up to a hundred
images: halves, because dear images may come last. With `--weak` a share of the budget buys cheaper labels before it.
Where people label the test images too, a fifth of the budget buys them before all else, up to thirty images and
three tenths of the pool. With `--kinds` marks on further images, such as boxes, get their shares of every batch.
`counts_share` of the budget buys counts of pool images before the first scoring, and `counts_share` of what is left
buys more before a round for which the counted images would not be enough. What is left is divided evenly over the
rounds, and the last of them spends everything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from maskloop.costs.cost_model import CostModel
from maskloop.datasets.read import Data
from maskloop.errors import InvalidArgument, InvalidBudget
from maskloop.loop.goals import (
    FIRST_IMAGES,
    MOST_INITIAL,
    FirstBatchGoal,
    ImageLevelGoal,
    KindGoal,
    OodCheckGoal,
    RoundGoal,
    whole_images,
)
from maskloop.loop.options import Options
from maskloop.loop.options.stop_rules import StopRule
from maskloop.loop.planning.before_all import as_share_of, goal_of_test_images
from maskloop.loop.planning.before_outlines import WeakStart
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.shares import NO_MARKS, Shares
from maskloop.values import Assist, Budget, Need, Strategy, SupervisionKind

ROUNDS = 3
INITIAL_SHARE = 1 / 3
OOD_BATCHES, LEAST_OOD_BATCH = 4, 20
OBJECTS_AN_IMAGE, CATEGORIES_AN_IMAGE = 2.8, 1.5
"""Before anything is known of the data: what Pascal VOC's images hold (Bellver et al., section 4.2)."""


@dataclass(frozen=True)
class Plan:
    """How one arm spends its budget.

    Args:
        budget: of the arm.
        costs: the cost model of the project's vocabulary.
        strategy: how the batches after the first are chosen.
        first_batch: how the first one is.
        counts_share: share of the budget for counts, and later of what is left.
        asked_initial, asked_batch, max_rounds: as the options say, `None` where they leave it open.
        stop_when: what ends the campaign before its budget does.
        no_counts: whether networks find by themselves, so that scores need no counts.
        ood_share: share of what is left that each round spends on candidate OoD images, 0 where there are none.
        test: what people label of test images before all else, `None` where nobody is to.
        assist: how people are helped; `None` for by proposals once the IoU head is trusted.
        min_proposal_iou: proposals of a lower predicted IoU are not shown.
        weak: what comes before the first outline; `None` for nothing.
        also_propose: other recipes whose networks propose as well, with what differs from them.
        shares: of the seconds of each batch, by kind of label.
        kinds_by_gain: whether the server divides each batch, so that `shares` are what is expected of it.
        first_of: budget whose shares the first batch and all before it are where nobody asked for their size; `None`
            for `budget`.

    Raises:
        InvalidBudget: it does not buy the cheapest image.
    """

    budget: Budget
    costs: CostModel
    strategy: Strategy
    first_batch: Strategy
    counts_share: float
    asked_initial: Budget | None = None
    asked_batch: Budget | None = None
    max_rounds: int | None = None
    stop_when: tuple[StopRule, ...] = ()
    no_counts: bool = False
    ood_share: float = 0.0
    test: FirstBatchGoal | None = None
    assist: Assist | None = Assist.NONE
    min_proposal_iou: float = 0.0
    weak: WeakStart | None = None
    also_propose: tuple[tuple[str, Mapping[str, object]], ...] = ()
    shares: Shares = NO_MARKS
    kinds_by_gain: bool = False
    first_of: Budget | None = None

    def __post_init__(self) -> None:
        cheapest_s = self.costs.cheapest_full()
        if self.budget.seconds is not None and self.budget.seconds < cheapest_s:
            raise InvalidBudget(
                f"a budget of {self.budget.seconds:g} s buys nothing: the cheapest image costs {cheapest_s:g} s",
                field="budget",
            )
        if self.first_of is not None and self.test is not None:
            object.__setattr__(self, "test", as_share_of(self.test, self.first_of))

    @property
    def needs_counts(self) -> bool:
        """Whether counts must be bought: they are needed for scoring, unless networks find by themselves."""
        needs = self.strategy.needs - {Need.SCORES} if self.no_counts else self.strategy.needs
        return bool(needs & {Need.SCORES, Need.COUNTS})

    @property
    def expected_full_s(self) -> float:
        """Seconds of a full label before any is known."""
        return self.expected_s(SupervisionKind.FULL)

    def expected_s(self, kind: SupervisionKind) -> float:
        """Seconds of a label of this kind before any is known."""
        return self.costs.label_s(kind, self._expected_categories, OBJECTS_AN_IMAGE)

    @property
    def counts_s(self) -> float:
        """Seconds of counts before the first round; a budget of images is taken for what its labels should cost."""
        if not self.needs_counts:
            return 0.0
        seconds = self.budget.seconds
        whole_s = seconds if seconds is not None else (self.budget.images or 0) * self.expected_full_s
        return self.counts_share * whole_s

    def initial(self, ledger: Ledger) -> FirstBatchGoal:
        """The first batch, given what the test images took."""
        wanted = self.asked_initial or self._default_initial(ledger)
        return FirstBatchGoal(wanted, self.asked_initial is not None, self.expected_full_s)

    @property
    def counts(self) -> KindGoal:
        """The counts before the first round."""
        return KindGoal(SupervisionKind.COUNTS, self.counts_s, self.expected_s(SupervisionKind.COUNTS))

    def marks_beside_first(self, shares: Shares, ledger: Ledger) -> list[KindGoal]:
        """The marks beside the first batch, by what its full labels took, in the order in which they are bought; less
        of each kind where there is not so much left."""
        wanted_s = {kind: share / shares.outlines * ledger.bought(None)[1] for kind, share in shares.of_marks.items()}
        scale = min(1.0, ledger.left_s / (sum(wanted_s.values()) or math.inf))
        return self._more_marks({kind: scale * seconds for kind, seconds in wanted_s.items()}, ledger)

    def marks_of(self, shares: Shares, wish: Budget, ledger: Ledger) -> list[KindGoal]:
        """The marks of a round: each kind's share of the seconds that it asks for and that are left."""
        images_s = (wish.images or 0) * ledger.mean_full_s(self.expected_full_s) / shares.outlines
        whole_s = min(wish.seconds or images_s, ledger.left_s)
        return self._more_marks({kind: share * whole_s for kind, share in shares.of_marks.items()}, ledger)

    def _more_marks(self, seconds: Mapping[SupervisionKind, float], ledger: Ledger) -> list[KindGoal]:
        return [
            KindGoal(kind, ledger.spent_on(kind) + more_s, self.expected_s(kind))
            for kind, more_s in seconds.items()
            if more_s
        ]

    def weak_goal(self, weak: WeakStart) -> KindGoal | ImageLevelGoal:
        """What comes before the first outline; of a budget of images, a share of what its labels cost."""
        whole = self.first_of or self.budget
        whole_s = whole.seconds if whole.seconds is not None else (whole.images or 0) * self.expected_full_s
        return weak.goal(whole_s, self.expected_s(weak.kind))

    def more_counts(self, wish: Budget, ledger: Ledger, counted_images: int) -> KindGoal | None:
        """What to buy of counts before a round; `None` when it needs none.

        Args:
            wish: what the round is to buy.
            ledger: what was bought so far.
            counted_images: counted ones that can still be labeled; when a round asks for more, `counts_share` of what
                is left is counted.
        """
        full_s = ledger.mean_full_s(self.expected_full_s)
        wanted = wish.images if wish.images is not None else (wish.seconds or 0.0) / full_s
        if not self.needs_counts or counted_images >= wanted:
            return None
        counts = SupervisionKind.COUNTS
        end_s = ledger.spent_on(counts) + self.counts_share * self._left_s(ledger)
        return KindGoal(counts, end_s, self.expected_s(counts))

    def ood_checks(self, ledger: Ledger) -> OodCheckGoal | None:
        """The OoD checks of a round, in `OOD_BATCHES` batches; `None` where it makes none."""
        images, check_s = self.most_ood_checks(self._left_s(ledger)), self.costs.ood_check()
        if not images:
            return None
        batch_images = max(LEAST_OOD_BATCH, math.ceil(images / OOD_BATCHES))
        return OodCheckGoal(ledger.spent_on(SupervisionKind.OOD_CHECK) + images * check_s, check_s, batch_images)

    def most_ood_checks(self, left_s: float) -> int:
        """How many candidate OoD images a round may look at when so many seconds are left."""
        return math.floor(self.ood_share * left_s / self.costs.ood_check())

    def batch(self, number: int, ledger: Ledger) -> Budget | None:
        """How much round `number` (1, 2, ...) buys; `None` when no round is left."""
        if self.max_rounds is not None and number > self.max_rounds:
            return None
        if self.asked_batch is not None:
            return self.asked_batch
        rounds_left = max(1, (self.max_rounds or ROUNDS) - number + 1)
        if self.budget.images is not None:
            return whole_images(math.ceil(ledger.left_images / rounds_left))
        return Budget(seconds=ledger.left_s / rounds_left) if ledger.left_s > 0 else None

    def rest(self, wish: Budget, ledger: Ledger, marks_s: float = 0.0, shares: Shares = NO_MARKS) -> RoundGoal:
        """The goal of a round that buys `wish`, given what was bought before: of it marks, for `marks_s` seconds. What
        they took less than their share of is for outlines."""
        is_everything = wish.seconds is not None and wish.seconds >= ledger.left_s + marks_s
        if wish.seconds is not None:
            least_s = shares.outlines * wish.seconds / 2  # where single images had more objects than expected
            wish = Budget(seconds=max(wish.seconds - marks_s, least_s))
        return RoundGoal(wish, len(ledger.labeled), ledger.spent_s, is_everything)

    def _left_s(self, ledger: Ledger) -> float:
        """Seconds left; of a budget of images what their labels should cost."""
        return ledger.left_s if math.isfinite(ledger.left_s) else ledger.left_images * self.expected_full_s

    def _default_initial(self, ledger: Ledger) -> Budget:
        whole = self.first_of or self.budget
        if whole.images is None:
            left_s = (whole.seconds or 0.0) - ledger.test_s
            outlines_s = self.shares.outlines * INITIAL_SHARE * left_s
            return Budget(seconds=max(outlines_s, self.costs.cheapest_full()))
        third = math.ceil(INITIAL_SHARE * max(1, whole.images - len(ledger.tested)))
        return Budget(images=min(max(third, FIRST_IMAGES), MOST_INITIAL))

    @property
    def _expected_categories(self) -> float:
        return min(self.costs.categories, CATEGORIES_AN_IMAGE)


def plan_on(data: Data, options: Options, strategy: Strategy) -> Plan:
    """The plan of the arm that chooses by `strategy`, on this data.

    Raises:
        InvalidBudget: the budget does not buy the cheapest image.
        InvalidArgument: the strategy needs counts and may buy none; or the data's own labels are to answer, and there
            are none; or the test images would leave nothing to learn from.
    """
    if options.simulated and not data.is_labeled:
        raise InvalidArgument(
            f"--labeler ground-truth: {data.name} has no labels that answer for people; use web or folder:DIR",
            field="labeler",
        )
    plan = plan_of(options, strategy, len(data.dataset.categories))
    return replace(plan, test=goal_of_test_images(options, data, plan.budget, plan.expected_full_s))


def plan_of(options: Options, strategy: Strategy, categories: int) -> Plan:
    """The plan of the arm that chooses by `strategy`, for a vocabulary of `categories` classes, test images apart.

    Raises:
        InvalidBudget: the budget does not buy the cheapest image.
        InvalidArgument: the strategy needs counts and may buy none.
    """
    plan = Plan(
        options.parsed_budget(),
        CostModel(categories, options.outline_price(), options.review_prices()),
        strategy,
        options.parsed_first_batch(),
        options.counts_share,
        options.amount("initial"),
        options.amount("batch"),
        options.max_rounds,
        options.stop_rules(),
        options.without_counts,
        options.ood_share if options.ood else 0.0,
        assist=options.parsed_assist(),
        min_proposal_iou=options.min_proposal_iou,
        weak=_weak_start(options),
        also_propose=options.other_recipes(),
        shares=options.shares(),
        kinds_by_gain=options.kinds_by_gain,
    )
    if plan.needs_counts and not options.counts_share:
        raise InvalidArgument(f"{strategy.name} needs counts: --counts-share is 0", field="counts_share")
    return plan


def _weak_start(options: Options) -> WeakStart | None:
    if not options.weak:
        return None
    return WeakStart(SupervisionKind(options.weak), options.weak_share, options.weak_name, options.weak_overrides())
