"""Full labels with whatever people may have made of proposals."""

from hypothesis import strategies as st

from maskloop.values import FullLabel, ObjectLabel, ObjectProposal, Origin, Rejection, Review, Verdict, Work

ids = st.text("0123456789abcdef-", min_size=1, max_size=18)
shares = st.floats(0, 1)
work = st.builds(Work, st.none() | st.integers(0, 1_000_000), st.none() | st.floats(0, 1e6))
accepted = st.builds(
    Origin, st.just(Verdict.ACCEPTED), ids, st.booleans(), st.none() | st.just(1.0), st.just(False), work
)
modified = st.builds(Origin, st.just(Verdict.MODIFIED), ids, st.booleans(), st.none() | shares, st.booleans(), work)
begun = accepted | modified
missed = st.builds(Origin, st.just(Verdict.MISSED), work=work)
origins = st.none() | begun | missed
rejections = st.builds(Rejection, ids, st.booleans(), work)


def reviewed(masks: st.SearchStrategy, category_ids: st.SearchStrategy) -> st.SearchStrategy[FullLabel]:
    """Full labels, with a review and without."""
    proposals = st.builds(ObjectProposal, category_ids, masks, shares, shares, ids)
    reviews = st.builds(
        Review,
        ids,
        st.lists(rejections, max_size=3).map(tuple),
        st.lists(proposals, max_size=3).map(tuple),
    )
    plain = st.lists(st.builds(ObjectLabel, category_ids, masks, st.booleans()), max_size=4).map(tuple)
    with_origins = st.lists(st.builds(ObjectLabel, category_ids, masks, st.booleans(), origins), max_size=4).map(tuple)
    return st.one_of(st.builds(FullLabel, plain), st.builds(FullLabel, with_origins, reviews))
