"""The state of a head and the sentence that explains it."""

import pytest

from maskloop.values import HeadState, explain_head, keep_trust

EVIDENCE = {
    "held_out_images": 12.0,
    "held_out_mae": 0.0849,
    "held_out_mae_constant": 0.16,
    "held_out_p_value": 0.0034,
    "held_out_spearman": 0.41,
    "held_out_spearman_confidence": 0.58,
}


@pytest.mark.parametrize("state", HeadState)
def test_metrics_name_the_state(state: HeadState):
    assert HeadState.of({**EVIDENCE, state.metric: 1.0}) is state


def test_a_version_that_does_not_tell_is_not_trusted():
    assert HeadState.of(EVIDENCE) is HeadState.UNTRUSTED


def test_no_luck_is_told_as_impossible():
    assert "p < 0.001)." in explain_head({**EVIDENCE, "head_trusted": 1.0, "held_out_p_value": 0.0001})
    assert "p = 0.001)." in explain_head({**EVIDENCE, "head_trusted": 1.0, "held_out_p_value": 0.0006})


def test_a_trusted_head_is_explained_by_its_errors():
    assert explain_head({**EVIDENCE, "head_trusted": 1.0}) == (
        "On 12 labeled images new to its network, the head predicted IoU better than a constant "
        "(a mean error of 0.085 against 0.160, p = 0.003)."
    )


def test_confidence_is_explained_by_the_ranks():
    said = explain_head({**EVIDENCE, "head_confidence": 1.0})
    assert "confidence ranked them better (Spearman 0.58 against 0.41), so it is the score" in said


def test_distrust_is_explained_by_both_and_an_undefined_rank_is_called_so():
    known = {name: value for name, value in EVIDENCE.items() if name != "held_out_spearman"}
    said = explain_head({**known, "head_untrusted": 1.0})
    assert "did not surely predict IoU better than a constant" in said
    assert said.endswith("(Spearman 0.58, undefined).")


def test_a_head_that_is_not_fitted_predicts_nothing():
    said = explain_head({"held_out_images": 0.0, "head_unfitted": 1.0})
    assert said == "There are too few labels to fit a head: masks have a raw confidence, and no predicted IoU."
    assert HeadState.of(keep_trust({"head_unfitted": 1.0}, BEFORE)) is HeadState.UNFITTED


def test_without_held_out_labels_there_is_nothing_to_judge_by():
    assert explain_head({"held_out_images": 0.0, "head_untrusted": 1.0}) == (
        "There were no labels to judge the head by that its network had not learnt from."
    )


def test_a_head_that_was_judged_by_images_its_network_knew_is_not_trusted_and_says_so():
    seen = {**EVIDENCE, "head_untrusted": 1.0, "head_seen": 1.0}
    assert explain_head(seen) == (
        "On 12 labeled images the head predicted IoU with a mean error of 0.085 against 0.160, p = 0.003. Its network "
        "had learnt which classes these hold, and looks better on them than on others: the head is not trusted."
    )
    assert keep_trust(seen, BEFORE) == seen


BEFORE = {HeadState.TRUSTED.metric: 1.0}
PERHAPS_LUCK = {**EVIDENCE, "held_out_p_value": 0.2, HeadState.UNTRUSTED.metric: 1.0}


def test_trust_is_kept_while_the_error_is_below_a_constant_s():
    kept = keep_trust(PERHAPS_LUCK, BEFORE)
    assert HeadState.of(kept) is HeadState.TRUSTED
    assert HeadState.of(keep_trust(PERHAPS_LUCK, kept)) is HeadState.TRUSTED
    assert explain_head(kept) == (
        "On 12 labeled images new to its network, the head, trusted before, still predicted IoU better than a constant "
        "(a mean error of 0.085 against 0.160, p = 0.200)."
    )


@pytest.mark.parametrize(
    ("metrics", "before"),
    [
        (PERHAPS_LUCK, {}),
        (PERHAPS_LUCK, {HeadState.CONFIDENCE.metric: 1.0}),
        ({**PERHAPS_LUCK, "held_out_mae": 0.17}, BEFORE),
        ({HeadState.UNTRUSTED.metric: 1.0}, BEFORE),
        ({**EVIDENCE, HeadState.CONFIDENCE.metric: 1.0}, BEFORE),
    ],
)
def test_trust_is_not_kept_without_a_reason(metrics, before):
    assert keep_trust(metrics, before) == metrics
