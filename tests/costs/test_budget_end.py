"""Where a budget ends."""

from maskloop.costs.budget_end import end_of_budget_s


def test_a_budget_of_images_ends_where_their_mean_cost_leads() -> None:
    assert end_of_budget_s(None, 30, 1000.0, 20) == 1500.0
    assert end_of_budget_s(7200.0, None, 1000.0, 20) == 7200.0
    assert end_of_budget_s(None, 30, 0.0, 0) == 0.0
