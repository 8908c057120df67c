"""Plans of the kinds of labels to buy next."""

from __future__ import annotations

from maskloop.convert.scalars import enum_from_message, enum_to_message, optional
from maskloop.v1 import campaigns_pb2 as pb
from maskloop.values import (
    Estimate,
    KindOutlook,
    KindsBasis,
    KindsPlan,
    KindsReason,
    MeasuredNetwork,
    SupervisionKind,
)


def kinds_plan_to_message(plan: KindsPlan) -> pb.KindsPlan:
    """A plan."""
    return pb.KindsPlan(
        seconds=plan.seconds,
        left_s=plan.left_s,
        kinds=map(_outlook_to_message, plan.kinds),
        expected=_estimate_to_message(plan.expected),
        basis=enum_to_message(plan.basis),
        reason=enum_to_message(plan.reason),
        words=plan.words,
        networks=map(_network_to_message, plan.networks),
    )


def kinds_plan_from_message(message: pb.KindsPlan) -> KindsPlan:
    """A plan."""
    return KindsPlan(
        seconds=message.seconds,
        left_s=message.left_s,
        kinds=tuple(map(_outlook_from_message, message.kinds)),
        expected=_estimate_from_message(message.expected),
        basis=enum_from_message(KindsBasis, message.basis, "basis"),
        reason=enum_from_message(KindsReason, message.reason, "reason"),
        words=message.words,
        networks=tuple(map(_network_from_message, message.networks)),
    )


def _outlook_to_message(outlook: KindOutlook) -> pb.KindOutlook:
    return pb.KindOutlook(
        kind=enum_to_message(outlook.kind),
        share=outlook.share,
        images=outlook.images,
        image_s=outlook.image_s,
        open_images=outlook.open_images,
        gain_per_s=_estimate_to_message(outlook.gain_per_s),
        recognition=_estimate_to_message(outlook.recognition),
        segmentation=_estimate_to_message(outlook.segmentation),
    )


def _outlook_from_message(message: pb.KindOutlook) -> KindOutlook:
    return KindOutlook(
        kind=enum_from_message(SupervisionKind, message.kind, "kind"),
        share=message.share,
        images=message.images,
        image_s=message.image_s,
        open_images=message.open_images,
        gain_per_s=_estimate_from_message(message.gain_per_s),
        recognition=_estimate_from_message(message.recognition),
        segmentation=_estimate_from_message(message.segmentation),
    )


def _estimate_to_message(estimate: Estimate) -> pb.Estimate:
    return pb.Estimate(mean=estimate.mean, low=estimate.low, high=estimate.high)


def _estimate_from_message(message: pb.Estimate) -> Estimate:
    return Estimate(message.mean, message.low, message.high)


def _network_to_message(network: MeasuredNetwork) -> pb.MeasuredNetwork:
    images = [pb.KindImages(kind=enum_to_message(kind), images=number) for kind, number in network.images.items()]
    return pb.MeasuredNetwork(
        model_version=network.model_version,
        images=images,
        recognition=network.recognition,
        segmentation=network.segmentation,
    )


def _network_from_message(message: pb.MeasuredNetwork) -> MeasuredNetwork:
    images = {enum_from_message(SupervisionKind, each.kind, "kind"): each.images for each in message.images}
    return MeasuredNetwork(message.model_version, images, message.recognition, optional(message, "segmentation"))
