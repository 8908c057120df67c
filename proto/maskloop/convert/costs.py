"""What labels cost."""

from __future__ import annotations

from maskloop.convert.scalars import enum_from_message, enum_to_message
from maskloop.v1 import costs_pb2 as pb
from maskloop.values import (
    CorrectionForm,
    CostEstimates,
    KindCosts,
    OutlineFit,
    OutlinePrice,
    ReviewFit,
    ReviewPrices,
    SecondsEstimate,
    SupervisionKind,
)

REVIEW_STEPS = ("drawn", "look", "box", "mended")


def outline_price_to_message(price: OutlinePrice) -> pb.OutlinePrice:
    """What an outline is planned to take."""
    return pb.OutlinePrice(fixed_s=price.fixed_s, length_s=price.length_s)


def outline_price_from_message(message: pb.OutlinePrice) -> OutlinePrice:
    """What an outline is planned to take.

    Raises:
        InvalidArgument: a part is negative or no number, or both are 0.
    """
    return OutlinePrice(message.fixed_s, message.length_s)


def review_prices_to_message(prices: ReviewPrices) -> pb.ReviewPrices:
    """What the steps of a review are planned to take."""
    return pb.ReviewPrices(
        look_s=prices.look_s,
        reject_s=prices.reject_s,
        reclassify_s=prices.reclassify_s,
        box_s=prices.box_s,
        correction=enum_to_message(prices.correction),
    )


def review_prices_from_message(message: pb.ReviewPrices) -> ReviewPrices:
    """What the steps of a review are planned to take; mending by bands where nothing is said of it.

    Raises:
        InvalidArgument: a price is negative or no number, or the form of mending is none.
    """
    number = message.correction or pb.CORRECTION_FORM_BANDS
    correction = enum_from_message(CorrectionForm, number, "review_prices.correction")
    return ReviewPrices(message.look_s, message.reject_s, message.reclassify_s, message.box_s, correction)


def cost_estimates_to_message(estimates: CostEstimates) -> pb.CostEstimates:
    """A project's estimates."""
    by_kind = {costs.kind.value: _kind_to_message(costs) for costs in estimates.kinds}
    outlines = _outlines_to_message(estimates.outlines)
    reviews = _reviews_to_message(estimates.reviews)
    return pb.CostEstimates(categories=estimates.categories, **by_kind, outlines=outlines, reviews=reviews)


def cost_estimates_from_message(message: pb.CostEstimates) -> CostEstimates:
    """A project's estimates."""
    names = [field.name for field in message.DESCRIPTOR.fields if field.message_type is pb.KindCosts.DESCRIPTOR]
    by_kind = {name: _kind_from_message(SupervisionKind(name), getattr(message, name)) for name in names}
    return CostEstimates(
        categories=message.categories,
        **by_kind,
        outlines=_outlines_from_message(message.outlines),
        reviews=_reviews_from_message(message.reviews),
    )


def _kind_to_message(costs: KindCosts) -> pb.KindCosts:
    return pb.KindCosts(
        labels=costs.labels,
        left_out=costs.left_out,
        planned_s=costs.planned_s,
        measured_s=costs.measured_s,
        class_check=_seconds_to_message(costs.class_check),
        item=_seconds_to_message(costs.item),
        categories=[
            pb.CategoryCosts(category_id=category_id, item=_seconds_to_message(item))
            for category_id, item in sorted(costs.by_category.items())
        ],
    )


def _kind_from_message(kind: SupervisionKind, message: pb.KindCosts) -> KindCosts:
    return KindCosts(
        kind=kind,
        labels=message.labels,
        left_out=message.left_out,
        planned_s=message.planned_s,
        measured_s=message.measured_s,
        class_check=_seconds_from_message(message.class_check),
        item=_seconds_from_message(message.item),
        by_category={costs.category_id: _seconds_from_message(costs.item) for costs in message.categories},
    )


def _outlines_to_message(outlines: OutlineFit) -> pb.OutlineFit:
    return pb.OutlineFit(
        labels=outlines.labels,
        left_out=outlines.left_out,
        mean_length=outlines.mean_length,
        fixed=_seconds_to_message(outlines.fixed),
        length=_seconds_to_message(outlines.length),
        error=outlines.error,
        flat_error=outlines.flat_error,
    )


def _outlines_from_message(message: pb.OutlineFit) -> OutlineFit:
    return OutlineFit(
        labels=message.labels,
        left_out=message.left_out,
        mean_length=message.mean_length,
        fixed=_seconds_from_message(message.fixed),
        length=_seconds_from_message(message.length),
        error=message.error,
        flat_error=message.flat_error,
    )


def _seconds_to_message(seconds: SecondsEstimate) -> pb.SecondsEstimate:
    return pb.SecondsEstimate(
        planned_s=seconds.planned_s,
        estimated_s=seconds.estimated_s,
        low_s=seconds.low_s,
        high_s=seconds.high_s,
        steps=seconds.steps,
    )


def _seconds_from_message(message: pb.SecondsEstimate) -> SecondsEstimate:
    return SecondsEstimate(message.planned_s, message.estimated_s, message.low_s, message.high_s, message.steps)


def _reviews_to_message(reviews: ReviewFit) -> pb.ReviewFit:
    return pb.ReviewFit(
        labels=reviews.labels,
        left_out=reviews.left_out,
        planned_s=reviews.planned_s,
        measured_s=reviews.measured_s,
        **{name: _seconds_to_message(getattr(reviews, name)) for name in REVIEW_STEPS},
    )


def _reviews_from_message(message: pb.ReviewFit) -> ReviewFit:
    return ReviewFit(
        labels=message.labels,
        left_out=message.left_out,
        planned_s=message.planned_s,
        measured_s=message.measured_s,
        **{name: _seconds_from_message(getattr(message, name)) for name in REVIEW_STEPS},
    )
