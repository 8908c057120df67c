"""What the options of a run say of its labels: who makes them, of which kinds, with what help, at what prices."""

from __future__ import annotations

from maskloop.loop.options.kinds import AUTO, parse_kinds
from maskloop.loop.options.labeler import LabelerSpec, PersonSpec, parse_labeler
from maskloop.loop.options.outline_cost import parse_outline_cost
from maskloop.loop.options.review_cost import parse_assist, parse_review_cost
from maskloop.loop.shares import Shares
from maskloop.values import Assist, OutlinePrice, ReviewPrices, SupervisionKind


class LabelOptions:
    """The part of `Options` that reads them. The fields are declared there."""

    labeler: str
    kinds: str
    assist: str
    outline_cost: str
    review_cost: str

    @property
    def simulated(self) -> bool:
        """Whether the data's own labels answer, and no person."""
        return isinstance(self.parsed_labeler(), PersonSpec)

    def parsed_labeler(self) -> LabelerSpec:
        """Where people label, or how the simulated person works for whom the data's own labels answer."""
        return parse_labeler(self.labeler)

    def parsed_kinds(self) -> dict[SupervisionKind, float]:
        """The kinds of labels to learn from, and their shares of the seconds; of `auto`, what is to be expected."""
        return parse_kinds(self.kinds)

    def shares(self) -> Shares:
        """The same, of marks and of outlines."""
        return Shares({kind: share for kind, share in self.parsed_kinds().items() if kind is not SupervisionKind.FULL})

    @property
    def kinds_by_gain(self) -> bool:
        """Whether the server divides each batch among the kinds."""
        return self.kinds.strip() == AUTO

    def parsed_assist(self) -> Assist | None:
        """How people are helped; `None` where that depends on the IoU head."""
        return parse_assist(self.assist)

    def review_prices(self) -> ReviewPrices:
        """What the steps of a review are planned to take."""
        return parse_review_cost(self.review_cost)

    def outline_price(self) -> OutlinePrice:
        """What an outlined object is planned to take."""
        return parse_outline_cost(self.outline_cost)
