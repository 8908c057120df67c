"""What the options of a run say of its networks: recipes by name, and what differs from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from maskloop.errors import InvalidArgument
from maskloop.loop.options.parsing import recipe_options
from maskloop.values import MARKS, SupervisionKind

CLASS_MAPS, BBAM, OEEM, UNET = "class_maps", "bbam", "oeem", "unet"
LEARNS_FROM: Mapping[str, frozenset[SupervisionKind]] = {
    "pretrained": frozenset(MARKS),
    CLASS_MAPS: frozenset({SupervisionKind.IMAGE_LEVEL}),
    BBAM: frozenset({SupervisionKind.BOXES}),
    OEEM: frozenset({SupervisionKind.IMAGE_LEVEL}),
    UNET: frozenset(MARKS),
}
"""What networks of a recipe learn from beside full labels, by its name; nothing for those that are not named. Labels of
every kind teach that an image holds nothing."""
BEGINS_WITH = {**LEARNS_FROM, "pretrained": frozenset({SupervisionKind.BOXES})}
"""What teaches networks of a recipe where nothing is outlined yet: by marks alone, `pretrained` cannot tell how large
things are."""
PROMPTED = ("pretrained", CLASS_MAPS, OEEM, BBAM, UNET)
"""Recipes whose networks outline what people show, one look at an image each."""
NAMED: Mapping[str, tuple[str, ...]] = {CLASS_MAPS: (), OEEM: ("encoder",), BBAM: ("encoder",), UNET: ()}
"""Options with a name of their own that a recipe has, where it has not all."""


class NetworkOptions:
    """The part of `Options` that reads recipes. The fields are declared there."""

    recipe: str
    classifier: str
    student_network: str
    counts: bool
    weak: str
    weak_recipe: str
    also_propose: tuple[str, ...]

    @property
    def recipe_name(self) -> str:
        """The recipe's name alone."""
        return self.recipe.partition(",")[0]

    def recipe_overrides(self) -> dict[str, object]:
        """What differs from the recipe, by option."""
        given = recipe_options(self.recipe, "recipe")
        if self.recipe_name in NAMED:  # they say themselves which classes are there, unless somebody has said so
            return {**self._named(NAMED[self.recipe_name]), **given}
        return {"classes": "fed" if self.counts else "predicted", **given, **self._named()}

    @property
    def student_name(self) -> str:
        """The student network's recipe's name alone."""
        return self.student_network.partition(",")[0]

    def student_overrides(self) -> dict[str, object]:
        """What differs from the student network's recipe, by option; it is of the campaign's image size and encoder,
        unless its recipe says otherwise."""
        overrides = {**self._named(), "classes": "predicted", **recipe_options(self.student_network, "student-network")}
        if overrides["classes"] != "predicted":
            raise InvalidArgument(
                f"--student-network {self.student_network!r}: a student network finds by itself",
                field="student_network",
            )
        return overrides

    def _named(self, names: tuple[str, ...] = ("encoder", "image_size")) -> dict[str, object]:
        """Options of the recipe that have a name of their own."""
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def classifier_name(self) -> str:
        """The classifier's recipe's name alone."""
        return self.classifier.partition(",")[0]

    def classifier_overrides(self) -> dict[str, object]:
        """What differs from the classifier's recipe, by option."""
        return recipe_options(self.classifier, "classifier")

    def other_recipes(self) -> tuple[tuple[str, dict[str, object]], ...]:
        """The recipes whose networks propose as well: names, and what differs from them."""
        return tuple((text.partition(",")[0], recipe_options(text, "also-propose")) for text in self.also_propose)

    @property
    def weights_folders(self) -> tuple[Path, ...]:
        """The folders of the files that the recipes' networks start from."""
        others = (overrides for _, overrides in self.other_recipes())
        named = (self.recipe_overrides(), self.student_overrides(), self.classifier_overrides(), self.weak_overrides())
        from maskloop.client.local_server import weights_folders  # needs grpc, which help texts do without

        return weights_folders(*named, *others)

    @property
    def learns_from(self) -> frozenset[SupervisionKind]:
        """What networks of the recipe learn from beside full labels."""
        return _learnt_by(self.recipe_name, self.recipe_overrides())

    @property
    def weak_learns_from(self) -> frozenset[SupervisionKind]:
        """What the network learns from that proposes before the first outline."""
        return _learnt_by(self.weak_name, self.weak_overrides(), BEGINS_WITH)

    @property
    def without_counts(self) -> bool:
        """Whether networks find by themselves what there is."""
        return self.recipe_overrides().get("classes") != "fed"

    @property
    def weak_name(self) -> str:
        """The recipe's name of the network that learns from the labels before the first outline."""
        return self.recipe_name if self._weak_is_own else self.weak_recipe.partition(",")[0]

    def weak_overrides(self) -> dict[str, object]:
        """What differs from that recipe, by option."""
        return self.recipe_overrides() if self._weak_is_own else recipe_options(self.weak_recipe, "weak-recipe")

    @property
    def _weak_is_own(self) -> bool:
        """Whether it is the campaign's own: from marks, unless another one is named than class labels teach."""
        return self.weak in MARKS and self.weak_recipe.partition(",")[0] == CLASS_MAPS


def _learnt_by(
    recipe: str, overrides: Mapping[str, object], kinds_of: Mapping[str, frozenset[SupervisionKind]] = LEARNS_FROM
) -> frozenset[SupervisionKind]:
    kinds = kinds_of.get(recipe, frozenset())
    if overrides.get("masks") == "dense":
        return kinds - set(MARKS)
    return kinds - {SupervisionKind.POINTS, SupervisionKind.SCRIBBLES} if overrides.get("weak") == "none" else kinds
