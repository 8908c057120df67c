"""What a plan says of its shares: as many as there are images for, and why they are so."""

import numpy as np
import pytest

from maskloop.values import SupervisionKind
from selection.kinds.choose import Believed, look_ahead
from selection.kinds.curves import Curves
from selection.kinds.plan import plan_kinds
from selection.kinds.posterior import Posterior
from selection.kinds.stock import Stock

FULL, BOXES = SupervisionKind.FULL, SupervisionKind.BOXES


def stock(full: float, boxless: float) -> Stock:
    """So many outlined images, and so many that could be boxed; a box takes 60 s an image and an outline 300 s."""
    return Stock((BOXES,), full, np.zeros(1), 290.0, np.array([boxless]), 300.0, np.array([60.0]))


def test_where_five_images_are_left_to_be_boxed_their_seconds_are_the_share_of_boxes() -> None:
    """By the priors three quarters of 3,000 s would go to boxes: 37 images. Five take a tenth, and nine outlines fit
    into the rest."""
    made = plan_kinds([], stock(0.0, 5.0), 3000.0, 9000.0, 0)
    outlines, boxes = made.kinds
    assert (outlines.kind, boxes.kind) == (FULL, BOXES)
    assert (boxes.images, boxes.share) == pytest.approx((5.0, 0.1))
    assert (outlines.images, outlines.share) == pytest.approx((9.0, 0.9))
    plenty = plan_kinds([], stock(0.0, 230.0), 3000.0, 9000.0, 0).kinds[1]
    assert (plenty.images, plenty.share) == (37.5, 0.75)


def test_shares_that_make_the_next_network_better_are_not_said_to_tell_more() -> None:
    """Each factor has one curve, so no network tells anything. An eighth of boxes first costs .002 at the end, less
    than what counts, and finds more meanwhile."""
    one = np.ones(1)
    found = Curves(0.0, 0.9 * one, 4 * one, 2 * one, np.array([[1.0]]))
    outlined = Curves(0.5, 0.95 * one, 40 * one, one, np.zeros((1, 1)))
    believed, now = Believed(Posterior(found, one), Posterior(outlined, one)), stock(1.0, 230.0)
    shares, tells_more = look_ahead(believed, now, 3000.0, 12_000.0, np.random.default_rng(0))
    assert shares.tolist() == [0.125]
    assert not tells_more
    alone, boxed = (
        believed.expected([now.after(np.array([share]), 3000.0).after(np.zeros(1), 9000.0)])[0]
        for share in (0.0, 0.125)
    )
    assert 0 < alone - boxed < 0.003
