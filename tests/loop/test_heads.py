from maskloop.loop.heads import head_of


def test_a_fitted_head_is_trusted():
    assert head_of({"head_statistics": 1.0, "held_out_images": 12.0}) == (True, "")


def test_confidence_is_used_where_it_ranked_better_and_the_numbers_are_told():
    trusted, note = head_of(
        {
            "head_confidence": 1.0,
            "held_out_images": 12.0,
            "held_out_spearman": 0.41,
            "held_out_spearman_confidence": 0.58,
        }
    )
    assert trusted is False
    assert "12 labeled images" in note
    assert "Spearman 0.58 against 0.41" in note


def test_too_few_labels_are_said_to_be_the_reason():
    trusted, note = head_of({"head_unfitted": 1.0, "held_out_images": 0.0})
    assert trusted is False
    assert "so few labels" in note


def test_a_model_that_does_not_tell_is_not_judged():
    assert head_of({"held_out_images": 3.0}) == (None, "")
