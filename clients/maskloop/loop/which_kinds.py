"""Which kinds of labels a batch buys where `--kinds auto` leaves that to the server: asked once, then kept."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter

from maskloop.errors import InvalidBudget
from maskloop.loop.goals import KindGoal
from maskloop.loop.helping import help_in_round
from maskloop.loop.planning.plan import INITIAL_SHARE, Plan
from maskloop.loop.record.decisions import Decisions, round_name
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.session import CampaignSession
from maskloop.loop.shares import NO_MARKS, Shares
from maskloop.pages.wording import say_kind
from maskloop.values import MARKS, Assist, Assistance, Budget, KindsPlan, ModelVersion, SupervisionKind

KINDS = (SupervisionKind.FULL, SupervisionKind.BOXES)
FIRST = 0


def divide_first_batch(session: CampaignSession, plan: Plan) -> Plan:
    """The plan with the shares of the first batch: as they were asked for, or as the server divides it."""
    if not plan.kinds_by_gain:
        return plan
    wanted = plan.asked_initial
    seconds = wanted.seconds if wanted is not None else _first_s(plan, session.ledger)
    images_s = plan.expected_full_s * ((wanted.images if wanted is not None else None) or 0)
    return _divide(FIRST, session, plan, seconds or images_s / plan.shares.outlines)


def divide_round(number: int, wish: Budget, model: ModelVersion, session: CampaignSession, plan: Plan) -> Plan:
    """The plan with the shares of a round, as `divide_first_batch`.

    Args:
        number: of the round.
        wish: what it is to buy; of images, as many outlines.
        model: its network, which scores the pool first where it will help: what it proposes says what outlines take.
        session: of the campaign; keeps the decision, and tells it.
        plan: of the arm.
    """
    if not plan.kinds_by_gain:
        return plan
    assistance = help_in_round(number, model, session, plan)
    is_new = plan_kept(number, session.decisions) is None
    if is_new and assistance.model_version:
        session.score_pool(number, model)
    images_s = (wish.images or 0) * session.ledger.mean_full_s(plan.expected_full_s)
    return _divide(number, session, plan, wish.seconds or images_s / plan.shares.outlines, assistance)


def marks_beside_first(plan: Plan, ledger: Ledger) -> list[KindGoal]:
    """The marks beside the first batch. Divided by the server, they get their shares of its seconds and no more: the
    first images, which tell what one costs, may have taken more than theirs."""
    goals = plan.marks_beside_first(plan.shares, ledger)
    if not plan.kinds_by_gain or plan.asked_initial is not None:
        return goals
    first_s = _first_s(plan, ledger)
    most_s = {kind: ledger.spent_on(kind) + share * first_s for kind, share in plan.shares.of_marks.items()}
    return [replace(goal, end_s=min(goal.end_s, most_s[goal.kind])) for goal in goals]


def plan_kept(number: int, decisions: Decisions) -> KindsPlan | None:
    """How the server divided a round, 0 for the first batch; `None` where it was not asked."""
    kept = decisions.get(_name(number))
    return None if kept is None else _adapter().validate_python(kept)


def _divide(
    number: int, session: CampaignSession, plan: Plan, seconds: float, assistance: Assistance | None = None
) -> Plan:
    divided, nothing = plan_kept(number, session.decisions), f"{_name(number)}-nothing-left"
    if divided is None and nothing not in session.decisions:
        try:
            divided = _ask(session, seconds, assistance)
        except InvalidBudget as error:  # all that is left is spent or reserved; the round ends by itself
            session.decisions.note(nothing, str(error))
    if divided is None:
        return replace(plan, shares=NO_MARKS)
    if plan_kept(number, session.decisions) is None:
        session.decisions.note(_name(number), _adapter().dump_python(divided, mode="json"))
        session.progress.note(say_plan(divided))
    marks = {kind: divided.shares[kind] for kind in KINDS if kind in MARKS and divided.shares.get(kind)}
    return replace(plan, shares=Shares(marks))


def _ask(session: CampaignSession, seconds: float, assistance: Assistance | None) -> KindsPlan:
    return session.client.plan_kinds(
        project_id=session.project_id,
        campaign_id=session.campaign_id,
        seconds=seconds,
        kinds=KINDS,
        seed=session.training.seed,
        assistance=assistance if assistance is not None and assistance.assist is not Assist.NONE else None,
    )


def say_plan(divided: KindsPlan) -> str:
    """The shares and the reason of a plan."""
    shares = ", ".join(f"{say_kind(each.kind)} {each.share:.0%}" for each in divided.kinds)
    return f"The next seconds: {shares}. {divided.words}"


def _first_s(plan: Plan, ledger: Ledger) -> float:
    """Seconds of a first batch that nobody asked the size of."""
    whole = plan.first_of or plan.budget
    return INITIAL_SHARE * max(0.0, (whole.seconds or 0.0) - ledger.test_s)


def _name(number: int) -> str:
    return round_name(number, "kinds")


@cache
def _adapter() -> TypeAdapter[KindsPlan]:
    return TypeAdapter(KindsPlan)
