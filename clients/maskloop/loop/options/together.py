"""What options of a run cannot be together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from maskloop.datasets.subset import REST
from maskloop.errors import InvalidArgument
from maskloop.loop.options.networks import BBAM, LEARNS_FROM, NAMED, PROMPTED, UNET
from maskloop.loop.planning.before_outlines import BEFORE_OUTLINES
from maskloop.spelling import did_you_mean
from maskloop.values import MARKS, Assist, Need, SupervisionKind

if TYPE_CHECKING:
    from maskloop.loop.options.options import Options


WEAK_ALONE = ("weak_recipe", "weak_share")


def check_together(options: Options) -> None:
    """Checks options that are each fine by themselves.

    Raises:
        InvalidArgument: two of them cannot be together; says which.
    """
    arms = options.arms()
    if options.weak not in ("", *BEFORE_OUTLINES):
        near = did_you_mean(options.weak, list(map(str, BEFORE_OUTLINES)))
        raise InvalidArgument(f"--weak {options.weak!r} is none of {', '.join(BEFORE_OUTLINES)}{near}", field="weak")
    of_classes = [name for name, kinds in LEARNS_FROM.items() if SupervisionKind.IMAGE_LEVEL in kinds]
    if options.weak == SupervisionKind.IMAGE_LEVEL and options.weak_name not in of_classes:
        raise InvalidArgument(
            f"--weak-recipe {options.weak_recipe!r}: {' or '.join(of_classes)} is what learns from image-level labels",
            field="weak_recipe",
        )
    usual = {each.name: each.default for each in fields(options)}
    if not options.weak and (idle := next((name for name in WEAK_ALONE if getattr(options, name) != usual[name]), "")):
        raise InvalidArgument(
            f"--{idle.replace('_', '-')}: it says how --weak KIND works, which is not given", field=idle
        )
    if options.ood == REST and not options.excerpt().classes:
        raise InvalidArgument("--ood rest: name the --classes that the rest holds nothing of", field="ood")
    if twice := next((arm for arm in arms if arms.count(arm) > 1), None):
        raise InvalidArgument(f"--compare {twice} is an arm of the run already", field="compare")
    if options.compare and not options.simulated:
        raise InvalidArgument("--compare needs --labeler ground-truth: people label once", field="compare")
    if idle := _without_effect(options):
        raise InvalidArgument(
            f"--{idle.replace('_', '-')}: --recipe {options.recipe_name} has no such option", field=idle
        )
    if options.recipe_name in PROMPTED and (arm := next((arm for arm in arms if Need.DROPOUT in arm.needs), None)):
        raise InvalidArgument(
            f"{arm} asks how a recurrent network's masks change: it needs --recipe recurrent, compact or paper",
            field="strategy",
        )
    if options.parsed_assist() is Assist.BOXES and options.recipe_name not in PROMPTED:
        raise InvalidArgument(
            f"--assist boxes: a network of --recipe {options.recipe_name} takes no boxes; one of pretrained does",
            field="assist",
        )
    _check_proposers(options)
    for name, marks in _marks(options).items():
        _check_taught(options, name, marks)
    if options.shares().of_marks and options.parsed_budget().images is not None:
        raise InvalidArgument(
            f"--kinds {options.kinds}: a budget of images counts full labels alone; give one of time", field="kinds"
        )
    if not options.simulated and options.parsed_strategy().uses_imported_scores:
        raise InvalidArgument("scores=imported: only --labeler ground-truth knows true IoUs", field="strategy")


def _check_proposers(options: Options) -> None:
    if options.also_propose and options.parsed_assist() is Assist.NONE:
        raise InvalidArgument("--also-propose: with --assist none nobody is shown proposals", field="also_propose")
    names = [options.recipe_name, *(name for name, _ in options.other_recipes())]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidArgument(f"--also-propose {twice}: networks of it propose already", field="also_propose")


def _marks(options: Options) -> dict[str, list[SupervisionKind]]:
    """The kinds of marks that options ask for, by the option's name."""
    asked = {"weak": [kind for kind in MARKS if kind == options.weak], "kinds": list(options.shares().of_marks)}
    return {name: kinds for name, kinds in asked.items() if kinds}


def _check_taught(options: Options, name: str, marks: Sequence[SupervisionKind]) -> None:
    """Where a network learns from some of the marks, the others are told before anything is bought."""
    learnt = options.weak_learns_from if name == "weak" else options.learns_from
    if not learnt.intersection(marks):
        own = name == "kinds" or options.weak_name == options.recipe_name
        network = f"--recipe {options.recipe}" if own else f"--weak-recipe {options.weak_recipe}"
        does = f"; one of {BBAM} or {UNET} does, and one of pretrained that looks at regions"
        does = does if SupervisionKind.BOXES in marks else f"; one of {UNET} does"
        alone = " alone" if name == "weak" else ""
        raise InvalidArgument(
            f"--{name} {getattr(options, name)}: a network of {network} learns from no {' or '.join(marks)}"
            f"{alone}{does}",
            field=name,
        )
    if options.counts:
        raise InvalidArgument(f"--counts: with --{name} networks find by themselves what there is", field="counts")


def _without_effect(options: Options) -> str:
    """An option that was given and says nothing to a network that learns from less than outlines; "" for none."""
    if options.recipe_name not in NAMED:
        return ""
    idle = (name for name in ("encoder", "image_size", "counts") if name not in NAMED[options.recipe_name])
    return next((name for name in idle if getattr(options, name)), "")
