"""How surely a price is known once labels were timed, by hand where one coefficient is all there is."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.costs.regression import fit


def test_one_label_that_took_what_was_planned_by_hand():
    """Nothing is off, so what is left of the error is what nobody knows of the mean. With v the variance and
    s = 1 / (4 + 1 / v) that of the mean, 5 v = 4 * .25 + s: 20 v^2 = 1. At 5 degrees of freedom t is 2.5706."""
    posterior = fit(np.ones((1, 1)), np.ones(1), np.ones(1))
    variance = 20**-0.5
    assert (posterior.freedom, posterior.variance) == pytest.approx((5.0, variance))
    assert posterior.scale[0, 0] == pytest.approx(1 / (4 + 1 / variance))
    told = posterior.seconds(np.ones(1), 10.0, 1)
    reach = 2.5706 * (4 + 1 / variance) ** -0.5
    assert (told.estimated_s, told.low_s, told.high_s) == pytest.approx(
        (10, 10 * (1 - reach), 10 * (1 + reach)), abs=1e-3
    )
