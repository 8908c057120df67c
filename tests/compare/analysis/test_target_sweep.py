from maskloop.compare.analysis.results import Estimate, Standing
from maskloop.compare.analysis.target_sweep import target_sweeps


def standing(strategy: str, end: float) -> Standing:
    level = Estimate(end, None, None, None, 1)
    nothing_spent = (0.0, 0.0, None, None, None, 0.0, 0.0)
    return Standing(*nothing_spent, strategy, seeds=1, start=level, end=level, area=level, against={}, reach=None)


def means(*strategies: tuple[str, float]) -> dict[str, list[tuple[float, float]]]:
    sweeps = target_sweeps([standing(name, end) for name, end in strategies])
    return {sweep.kind: [(target, end.mean) for target, end in sweep.points] for sweep in sweeps}


def test_arms_that_differ_in_their_target_alone_are_a_sweep_in_its_order() -> None:
    assert means(
        ("random", 0.4), ("mask_guided:target=0.6", 0.45), ("mask_guided:target=0.2", 0.42), ("mask_guided", 0.5)
    ) == {"predicted": [(0.2, 0.42), (0.6, 0.45)]}


def test_true_scores_are_the_oracle() -> None:
    assert means(
        ("mask_guided:scores=imported,target=0.2", 0.4),
        ("mask_guided:target=0.2", 0.3),
        ("mask_guided:scores=imported,target=0.5", 0.5),
        ("mask_guided:target=0.5", 0.4),
    ) == {"oracle": [(0.2, 0.4), (0.5, 0.5)], "predicted": [(0.2, 0.3), (0.5, 0.4)]}


def test_other_options_make_a_sweep_of_their_own() -> None:
    outcome = means(
        ("mask_guided:diverse=yes,target=0.2", 0.4),
        ("mask_guided:target=0.2", 0.3),
        ("mask_guided:diverse=yes,target=0.5", 0.5),
    )
    assert outcome == {"predicted, diverse=yes": [(0.2, 0.4), (0.5, 0.5)]}


def test_one_target_is_no_sweep() -> None:
    assert means(("random", 0.4), ("mask_guided:target=0.6", 0.45)) == {}


def test_arms_that_are_helped_otherwise_are_a_sweep_of_their_own() -> None:
    outcome = means(
        ("mask_guided:target=0.2+boxes", 0.4), ("mask_guided:target=0.2", 0.3), ("mask_guided:target=0.5+boxes", 0.5)
    )
    assert outcome == {"predicted, assist=boxes": [(0.2, 0.4), (0.5, 0.5)]}
