"""Objects as GeoJSON: polygons that are simple, and that are the mask again."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask

from maskloop.masks import Mask
from maskloop.values import ObjectProposal
from service.predict.geojson import coordinates, feature_collection


def features(item: ObjectProposal, *, calibrated: bool) -> Any:
    return feature_collection([item], {7: "crack"}, calibrated=calibrated)["features"]


def filled(ring, height, width):
    """Even-odd, by COCO's rasteriser."""
    flat = [float(value) for point in ring[:-1] for value in point]
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([flat], height, width))).astype(bool)


@settings(max_examples=200, deadline=None)
@given(arrays(np.bool_, st.tuples(st.integers(1, 10), st.integers(1, 10))))
def test_outlines_without_their_holes_are_the_mask_and_no_line_meets_itself(solid):
    total = np.zeros(solid.shape, dtype=int)
    for outline, *holes in coordinates(Mask.from_array(solid)):
        part = filled(outline, *solid.shape)
        for ring in (outline, *holes):
            assert ring[0] == ring[-1]
            assert len(set(ring)) == len(ring) - 1
            x, y = np.array(ring).T
            assert ((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0) == (ring is outline)
        for ring in holes:
            assert (filled(ring, *solid.shape) <= part).all()
            part &= ~filled(ring, *solid.shape)
        total += part
    assert (total == solid).all()


def test_a_feature_tells_class_scores_and_area_in_pixels():
    solid = np.zeros((6, 9), dtype=bool)
    solid[1:5, 2:6] = True
    solid[2:4, 3:5] = False
    item = ObjectProposal(7, Mask.from_array(solid), 0.81234567, 0.9)
    (feature,) = features(item, calibrated=True)
    outline, hole = feature["geometry"]["coordinates"][0]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert set(outline) == {(2, 1), (6, 1), (6, 5), (2, 5)}
    assert set(hole) == {(3, 2), (5, 2), (5, 4), (3, 4)}
    assert feature["properties"] == {
        "objectType": "annotation",
        "class": "crack",
        "classification": {"name": "crack"},
        "predicted_iou": 0.8123,
        "confidence": 0.9,
        "area_px": 12,
    }


def test_without_a_fitted_head_there_is_no_predicted_iou():
    item = ObjectProposal(7, Mask.from_array(np.ones((2, 2), dtype=bool)), 0.8, 0.8)
    (feature,) = features(item, calibrated=False)
    assert "predicted_iou" not in feature["properties"]
