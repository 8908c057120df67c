"""What a campaign's budget must be: enough for an image, and never less than what is spent and promised."""

from __future__ import annotations

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidBudget
from maskloop.values import Budget, Campaign, Project
from service.store.columns import whole_ms

MAX_SECONDS = 1e10  # three centuries


def check_buys_an_image(budget: Budget, project: Project) -> None:
    """Check a new campaign's budget.

    Raises:
        InvalidBudget: the cheapest label of the project costs more, or it is larger than can be counted.
    """
    _check_size(budget)
    cheapest_s = CostModel.of(project).cheapest_full()
    if budget.seconds is not None and budget.seconds < cheapest_s:
        raise InvalidBudget(
            f"a budget of {budget.seconds:g} s does not buy one image; the cheapest label costs {cheapest_s:g} s",
            field="budget",
            cheapest_s=cheapest_s,
        )


def check_covers(budget: Budget, campaign: Campaign) -> None:
    """Check the budget that a running campaign shall have from now on.

    Raises:
        InvalidBudget: it counts in another unit, or is less than what is spent and promised, or is too large.
    """
    _check_size(budget)
    if (budget.seconds is None) != (campaign.budget.seconds is None):
        unit = "images" if campaign.budget.seconds is None else "seconds"
        raise InvalidBudget(f"campaign {campaign.id} counts in {unit}, and goes on to", field="budget")
    taken_s = whole_ms(campaign.spent_s + campaign.reserved_s)
    if budget.seconds is not None and whole_ms(budget.seconds) < taken_s:
        raise InvalidBudget(
            f"campaign {campaign.id} has spent and promised {taken_s:g} s; {budget.seconds:g} s is less",
            field="budget",
        )
    taken = campaign.labeled_images + campaign.reserved_images
    if budget.images is not None and budget.images < taken:
        raise InvalidBudget(
            f"campaign {campaign.id} has labeled and promised {taken} images; {budget.images} is less",
            field="budget",
        )


def _check_size(budget: Budget) -> None:
    if budget.seconds is not None and budget.seconds > MAX_SECONDS:
        raise InvalidBudget(f"a budget of {budget.seconds:g} s is more than {MAX_SECONDS:g} s", field="budget")
