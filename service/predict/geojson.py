"""Objects as GeoJSON, in pixels: x to the right and y down from the picture's upper left corner.

RFC 7946 has longitude and latitude only; programs that look at pictures (QuPath, napari) and GIS that has been told of
no coordinate system take pixels. Where on earth a picture lies (GeoTIFF) is neither read nor written. Polygons are
simple, and run as the RFC has them once y is turned up: outlines counterclockwise, holes clockwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskloop.formats.polygons import Polygon, rings_of
from maskloop.masks import Mask
from maskloop.values import ObjectProposal


def feature_collection(
    objects: Sequence[ObjectProposal], names: Mapping[int, str], *, calibrated: bool
) -> dict[str, object]:
    """A FeatureCollection with a MultiPolygon for each object, numbered from 1.

    Its class stands in `properties.class`, and as `properties.classification.name`, where QuPath looks for it.

    Args:
        calibrated: whether a head predicts IoU; else there is `confidence` alone.
    """
    return {
        "type": "FeatureCollection",
        "features": [
            _feature(number, item, names[item.category_id], calibrated=calibrated)
            for number, item in enumerate(objects, start=1)
        ],
    }


def _feature(number: int, item: ObjectProposal, name: str, *, calibrated: bool) -> dict[str, object]:
    scores = {"predicted_iou": round(item.predicted_iou, 4)} if calibrated else {}
    return {
        "type": "Feature",
        "id": number,
        "geometry": {"type": "MultiPolygon", "coordinates": coordinates(item.mask)},
        "properties": {
            "objectType": "annotation",
            "class": name,
            "classification": {"name": name},
            **scores,
            "confidence": round(item.confidence, 4),
            "area_px": item.mask.area,
        },
    }


def coordinates(mask: Mask) -> list[list[Polygon]]:
    """Of a MultiPolygon: for each part its outline and then its holes, rings whose last point is the first again.

    Pixels that touch at a corner alone are parts of their own: a polygon must not touch itself.
    """
    if not mask.area:
        return []
    from scipy import ndimage  # takes a second to import

    x, y, wide, high = mask.box
    labels, _ = ndimage.label(mask.crop(x, y, wide, high).to_array())
    parts = []
    for place, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        part = Mask.from_array(labels[rows, columns] == place)
        lines = (ring for group in rings_of(part) for ring in group)
        parts.append([_closed(ring, x + columns.start, y + rows.start) for ring in lines])
    return parts


def _closed(ring: Polygon, x: int, y: int) -> Polygon:
    moved = [(px + x, py + y) for px, py in ring]
    return [*moved, moved[0]]
