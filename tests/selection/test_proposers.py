"""Whose proposals are shown: the posterior by brute force, and what is chosen in the end."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.proposers import BETWEEN_CLASSES, NOISE, PRIOR, WIDTH, Reviewed, SavedShares, choose_proposer

NAMES = {"v1": "network", "v2": "maps"}


def reviews(proposer: str, category_id: int, share: float, objects: int) -> Reviewed:
    return Reviewed(proposer, category_id, objects, 79.0 * objects, 79.0 * objects * share)


def by_brute_force(seen: dict[int, tuple[int, float]], category_id: int) -> tuple[float, float]:
    """Mean and deviation of mu_mc on a grid of mu_m and the class's own share, all other classes summed out one by
    one."""
    level = np.linspace(-2.0, 3.0, 1001)[:, None]
    own = np.linspace(-2.0, 3.0, 1001)[None, :]

    def log_normal(x, mean, variance):
        return -((x - mean) ** 2) / (2 * variance)

    log = log_normal(level, PRIOR, WIDTH**2) + log_normal(own, level, BETWEEN_CLASSES**2)
    for key, (objects, share) in seen.items():
        if key == category_id:
            log = log + log_normal(own, share, NOISE**2 / objects)
        else:
            inner = np.linspace(-2.0, 3.0, 1001)[None, :]
            likelihood = np.exp(
                log_normal(inner, level, BETWEEN_CLASSES**2) + log_normal(inner, share, NOISE**2 / objects)
            )
            log = log + np.log(likelihood.sum(axis=1, keepdims=True))
    weights = np.exp(log - log.max())
    mean = (weights * own).sum() / weights.sum()
    return mean, np.sqrt((weights * (own - mean) ** 2).sum() / weights.sum())


@pytest.mark.parametrize("seen", [{}, {1: (3, 0.9)}, {1: (2, 0.8), 2: (10, -0.1)}, {2: (1, 0.5), 3: (40, 0.2)}])
@pytest.mark.parametrize("category_id", [1, 2])
def test_the_posterior_is_that_of_the_model(seen, category_id):
    shares = SavedShares(reviews("network", key, share, objects) for key, (objects, share) in seen.items())
    found = shares.of_class("network", category_id)
    assert (found.mean, found.deviation) == pytest.approx(by_brute_force(seen, category_id), abs=2e-3)


def test_draws_have_the_posteriors_mean_deviation_and_correlation():
    shares = SavedShares([reviews("network", 1, 0.9, 4), reviews("network", 2, 0.1, 1)])
    rng = np.random.default_rng(0)
    drawn = np.array([list(shares.draw("network", [1, 2, 3], rng).values()) for _ in range(4000)])
    for place, category_id in enumerate((1, 2, 3)):
        of = shares.of_class("network", category_id)
        assert (drawn[:, place].mean(), drawn[:, place].std()) == pytest.approx((of.mean, of.deviation), abs=0.02)
    assert np.corrcoef(drawn.T)[0, 2] > 0.2  # what is known of one class says something of the others


def test_labels_of_one_class_are_added_up_by_seconds():
    apart = SavedShares([Reviewed("maps", 1, 1, 10.0, 9.0), Reviewed("maps", 1, 3, 90.0, -9.0)])
    assert apart.of_class("maps", 1) == SavedShares([Reviewed("maps", 1, 4, 100.0, 0.0)]).of_class("maps", 1)


def test_by_hand_where_nothing_and_much_is_known():
    assert SavedShares([]).of_proposer("maps").mean == PRIOR
    assert SavedShares([]).of_class("maps", 7).deviation == pytest.approx(np.hypot(WIDTH, BETWEEN_CLASSES))
    much = SavedShares([reviews("maps", 1, 0.75, 10**6)]).of_class("maps", 1)
    assert (much.mean, much.deviation) == pytest.approx((0.75, 0.0), abs=1e-3)


def test_what_saves_more_is_shown_and_the_other_is_still_tried():
    seen = [reviews("network", 1, 0.55, 20), reviews("maps", 1, 0.35, 20)]
    chosen = Counter(
        choose_proposer(f"image-{place}", {"v1": {1: 2.0}, "v2": {1: 1.0}}, SavedShares(seen), NAMES, seed=3)
        for place in range(400)
    )
    assert chosen["v1"] > 3 * chosen["v2"] > 0


def test_classes_decide_image_by_image():
    seen = [
        *(reviews("network", key, share, 400) for key, share in ((1, 0.9), (2, 0.1))),
        *(reviews("maps", key, share, 400) for key, share in ((1, 0.1), (2, 0.9))),
    ]
    shares = SavedShares(seen)
    for category_id, wanted in ((1, "v1"), (2, "v2")):
        offered = {"v1": {category_id: 1.0}, "v2": {category_id: 0.5}}
        assert {choose_proposer(f"i{place}", offered, shares, NAMES, seed=0) for place in range(50)} == {wanted}


@given(st.integers(0, 2**32), st.text(min_size=1, max_size=8))
@settings(max_examples=30)
def test_the_same_seed_chooses_alike_whatever_order_versions_come_in(seed, image_id):
    offered = {"v1": {1: 0.5, 2: 1.0}, "v2": {2: 3.0}}
    turned = dict(reversed(offered.items()))
    assert choose_proposer(image_id, offered, SavedShares([]), NAMES, seed) == choose_proposer(
        image_id, turned, SavedShares([]), NAMES, seed
    )


def test_where_nobody_proposes_anything_one_is_chosen_all_the_same():
    assert choose_proposer("a", {"v1": {}, "v2": {}}, SavedShares([]), NAMES, seed=1) in NAMES


def test_who_proposes_nothing_saves_nothing_there():
    seen = [reviews("network", 1, 0.55, 400), reviews("maps", 1, 0.50, 400)]
    chosen = {
        choose_proposer(f"i{place}", {"v1": {}, "v2": {1: 3.0}}, SavedShares(seen), NAMES, seed=0)
        for place in range(100)
    }
    assert chosen == {"v2"}


def test_wrong_proposals_of_what_no_label_holds_are_charged_to_all_classes():
    right = reviews("maps", 1, 0.5, 10)
    wrong = Reviewed("maps", 2, 0, 0.0, -79.0)  # a tenth of the seconds in which the ten would have been drawn
    charged = SavedShares([right, wrong]).of_class("maps", 1)
    assert charged == SavedShares([reviews("maps", 1, 0.4, 10)]).of_class("maps", 1)
    assert SavedShares([wrong]).of_proposer("maps") == SavedShares([]).of_proposer("maps")
