"""How people are helped in a round, decided once and told with its reason."""

from __future__ import annotations

from maskloop.loop.buying import is_begun
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.decisions import round_name
from maskloop.loop.session import CampaignSession
from maskloop.values import UNAIDED, Assist, Assistance, ModelVersion, explain_head


def help_in_round(number: int, model: ModelVersion, session: CampaignSession, plan: Plan) -> Assistance:
    """The help of a round's network, as the plan asks for it, or else proposals once its IoU head is trusted.

    Args:
        number: of the round.
        model: its network.
        session: of the campaign; keeps the decision, and tells it where it is another than that of the round before.
        plan: says what people are to be helped by.
    """
    name = round_name(number, "assist")
    if name not in session.decisions:
        before = session.decisions.get(round_name(number - 1, "assist"))
        begun = is_begun(round_name(number), session)  # by a version of this program that helped nobody
        assist, reason = (Assist.NONE, "") if begun else _decide(plan.assist, model)
        decided = {"assist": assist.value, "min_predicted_iou": plan.min_proposal_iou}
        session.decisions.note(name, decided)
        if not begun and (before or {}).get("assist") != assist.value:
            session.progress.note(_say(assist, reason))
    kept = session.decisions.get(name)
    if kept["assist"] == Assist.NONE:
        return UNAIDED
    return Assistance(Assist(kept["assist"]), model.id, kept["min_predicted_iou"])


def _decide(asked: Assist | None, model: ModelVersion) -> tuple[Assist, str]:
    if asked is not None:
        return asked, "as --assist asks."
    return model.assist, explain_head(model.metrics)


def _say(assist: Assist, reason: str) -> str:
    if assist is Assist.NONE:
        return f"People draw without proposals: {reason}"
    boxes = ", and of a mask for each box around what it missed" if assist is Assist.BOXES else ""
    return f"People begin with the network's proposals{boxes}: {reason}"
