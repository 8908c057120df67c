"""The plan of kinds: what networks have taught, which shares follow, and what each kind should gain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskloop.errors import InvalidArgument
from maskloop.values import (
    Estimate,
    KindOutlook,
    KindsBasis,
    KindsPlan,
    KindsReason,
    MeasuredNetwork,
    SupervisionKind,
)
from selection.kinds.choose import Believed, look_ahead
from selection.kinds.curves import RECOGNITION, SEGMENTATION, Factor, Floats
from selection.kinds.posterior import Observations, Posterior, posterior
from selection.kinds.stock import Stock

DRAWS = 2000
INTERVAL = (0.025, 0.975)
FULL = SupervisionKind.FULL


def plan_kinds(
    networks: Sequence[MeasuredNetwork], stock: Stock, seconds: float, left_s: float, seed: int
) -> KindsPlan:
    """Divide the next seconds among outlines and the stock's weaker kinds.

    Args:
        networks: those that were measured, oldest first; none to go by the priors.
        stock: what is labeled now, and what more would take.
        seconds: to be divided, more than 0 and no more than `left_s`.
        left_s: of the budget.
        seed: of the sample of curves, 0 or more. The same arguments get the same plan.

    Raises:
        InvalidArgument: the seconds are none, or more than are left.
    """
    if not 0 < seconds <= left_s < np.inf:
        raise InvalidArgument(f"{seconds:g} s of {left_s:g} s cannot be divided", field="seconds")
    rng = np.random.default_rng((seed, len(networks)))
    believed = learn(networks, stock.kinds, rng)
    shares, tells_more = look_ahead(believed, stock, seconds, left_s, rng)
    shares = stock.affordable(shares, seconds) * stock.weak_s / seconds
    reason = KindsReason.TELLS_MORE if tells_more else KindsReason.BEST_END
    reason = reason if stock.open_weak.any() else KindsReason.ONE_KIND
    outlooks = _outlooks(believed, stock, shares, seconds, rng)
    return KindsPlan(
        seconds=seconds,
        left_s=left_s,
        kinds=outlooks,
        expected=_next_network(believed, stock.after(shares, seconds), rng),
        basis=KindsBasis.ROUNDS if networks else KindsBasis.PRIORS,
        reason=reason,
        words=explain(outlooks, reason, len(networks)),
        networks=tuple(networks),
    )


def learn(
    networks: Sequence[MeasuredNetwork], kinds: tuple[SupervisionKind, ...], rng: np.random.Generator
) -> Believed:
    """What measured networks teach of both factors' curves.

    A network that found nothing says nothing of how well it would have outlined.
    """
    found = [each for each in networks if each.segmentation is not None]
    return Believed(
        _learn(RECOGNITION, kinds, networks, [each.recognition for each in networks], rng),
        _learn(SEGMENTATION, kinds, found, [each.segmentation or 0.0 for each in found], rng),
    )


def explain(kinds: Sequence[KindOutlook], reason: KindsReason, networks: int) -> str:
    """The reason of a plan, for a person."""
    weak = [each for each in kinds if each.kind is not FULL]
    if reason is KindsReason.ONE_KIND:
        return f"Outlines alone: no image is open for {' or '.join(each.kind for each in weak) or 'another kind'}."
    by = "By what other campaigns gained" if not networks else f"By {networks} measured network{'s'[: networks > 1]}"
    worth = "; ".join(
        f"an image with {each.kind} is worth {each.recognition.mean:.2f} outlined ones for what is found and "
        f"{each.segmentation.mean:.2f} for how well, and takes {each.image_s / kinds[0].image_s:.0%} of the time"
        for each in weak
    )
    end = "These shares promise the best network at the end of the budget."
    if reason is KindsReason.TELLS_MORE:
        end = "With these shares the next network tells more about the kinds; others promise as much by what is known."
    return f"{by}, {worth}. {end}"


def _learn(
    factor: Factor,
    kinds: tuple[SupervisionKind, ...],
    networks: Sequence[MeasuredNetwork],
    values: Sequence[float],
    rng: np.random.Generator,
) -> Posterior:
    full = np.array([each.images.get(FULL, 0) for each in networks], np.float64)
    weak = np.array([[each.images.get(kind, 0) for kind in kinds] for each in networks], np.float64)
    seen = Observations(full, weak.reshape(len(networks), len(kinds)), np.array(values, np.float64))
    return posterior(factor, kinds, seen, rng)


def _outlooks(
    believed: Believed, stock: Stock, shares: Floats, seconds: float, rng: np.random.Generator
) -> tuple[KindOutlook, ...]:
    """Full first. A kind's gain is that of all the seconds on it, as far as there are images."""
    size = len(stock.kinds)
    alone = [stock.after(each, seconds) for each in np.vstack([np.zeros(size), np.eye(size)])]
    qualities = believed.sampled([stock, *alone], DRAWS, rng)
    gains = (qualities[1:] - qualities[0]) / seconds
    after = stock.after(shares, seconds)
    kinds = [
        KindOutlook(
            FULL,
            float(1 - shares.sum()),
            after.full - stock.full,
            stock.full_s,
            int(stock.open_full),
            _estimate(gains[0]),
            Estimate(1.0, 1.0, 1.0),
            Estimate(1.0, 1.0, 1.0),
        )
    ]
    bought = stock.affordable(shares, seconds)
    for place, kind in enumerate(stock.kinds):
        worth = [_weighted(each.curves.weights[:, place], each.weights) for each in believed.both()]
        kinds.append(
            KindOutlook(
                kind,
                float(shares[place]),
                float(bought[place]),
                float(stock.weak_s[place]),
                int(stock.open_weak[place]),
                _estimate(gains[1 + place]),
                *worth,
            )
        )
    return tuple(kinds)


def _next_network(believed: Believed, stock: Stock, rng: np.random.Generator) -> Estimate:
    """Panoptic quality as it would be measured."""
    parts = []
    for factor, each in zip((RECOGNITION, SEGMENTATION), believed.both(), strict=True):
        true = each.curves.quality(np.array([stock.full]), stock.weak[None])[0, each.drawn(DRAWS, rng)]
        parts.append(np.clip(true + factor.noise * rng.standard_normal(DRAWS), 0, 1))
    return _estimate(parts[0] * parts[1])


def _estimate(draws: Floats) -> Estimate:
    low, high = np.quantile(draws, INTERVAL)
    return Estimate(float(draws.mean()), float(low), float(high))


def _weighted(values: Floats, weights: Floats) -> Estimate:
    order = np.argsort(values)
    low, high = np.interp(INTERVAL, np.cumsum(weights[order]), values[order])
    return Estimate(float(values @ weights), float(low), float(high))
