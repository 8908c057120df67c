"""Every value becomes a message and comes back the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop import convert
from maskloop.errors import InvalidArgument, InvalidLabel, InvalidMask
from maskloop.masks import Mask
from maskloop.v1 import (
    access_pb2,
    campaigns_pb2,
    classifiers_pb2,
    labels_pb2,
    masks_pb2,
    models_pb2,
    projects_pb2,
    proposals_pb2,
)
from maskloop.values import (
    UNAIDED,
    Assist,
    Assistance,
    Batch,
    BatchRecord,
    Box,
    BoxesLabel,
    Budget,
    Campaign,
    Category,
    Classifier,
    CorrectionForm,
    CostEstimates,
    Counts,
    Estimate,
    EvaluatedImage,
    Evaluation,
    FullLabel,
    HardCandidate,
    HeadState,
    Image,
    ImageImport,
    ImageLevelLabel,
    ImageProposals,
    KindCosts,
    KindOutlook,
    KindsBasis,
    KindsPlan,
    KindsReason,
    Label,
    LabelDraft,
    MeasuredNetwork,
    ModelVersion,
    ObjectLabel,
    ObjectProposal,
    OodAnswer,
    Operation,
    OperationKind,
    OperationState,
    OutlineFit,
    OutlinePrice,
    Pick,
    PickState,
    Point,
    PointsLabel,
    Project,
    Prompt,
    PromptedProposals,
    PromptPoint,
    PseudoLabels,
    ReviewFit,
    ReviewPrices,
    Scribble,
    ScribblesLabel,
    SecondsEstimate,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)
from tests.convert import accesses
from tests.convert.reviews import reviewed

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20).filter(str.strip)
ids = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,9}[a-z0-9])?", fullmatch=True)
shares = st.floats(0, 1)
seconds = st.floats(0, 1e9)
seeds = st.integers(0, 2**62)
times = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
positive = st.integers(1, 2**31 - 1)
masks = st.builds(
    lambda height, width, seed: Mask.from_array(np.random.default_rng(seed).random((height, width)) < 0.5),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 99),
)
objects = st.lists(st.builds(ObjectLabel, positive, masks, st.booleans()), max_size=4).map(tuple)
answers = st.builds(OodAnswer, st.just(0) | positive)
counts = st.builds(Counts, st.dictionaries(positive, st.integers(1, 10_000), max_size=4))
boxes = st.builds(Box, positive, seconds, seconds, st.floats(1e-3, 1e9), st.floats(1e-3, 1e9))
places = st.floats(0, 1e9)
pointed = st.lists(st.builds(Point, positive, places, places), max_size=4).map(tuple).map(PointsLabel)
strokes = st.builds(
    Scribble, st.just(0) | positive, st.lists(st.tuples(places, places), min_size=1, max_size=5).map(tuple)
)
scribbled = st.lists(strokes, max_size=4).map(tuple).map(ScribblesLabel)
boxed = st.lists(boxes, max_size=4).map(tuple).map(BoxesLabel)
image_level = st.sets(positive, max_size=4).map(tuple).map(ImageLevelLabel)
contents = counts | image_level | pointed | scribbled | boxed | reviewed(masks, positive) | answers
categories = st.lists(
    st.builds(Category, positive, names), min_size=1, max_size=5, unique_by=(lambda c: c.id, lambda c: c.name)
).map(tuple)
outline_prices = st.builds(OutlinePrice, st.floats(0.5, 1e3), st.floats(0, 1e3))
prices = st.floats(0, 86_400)
review_prices = st.builds(ReviewPrices, prices, prices, prices, prices, st.sampled_from(CorrectionForm))
projects = st.builds(Project, ids, texts, categories, texts, texts, st.none() | times, outline_prices, review_prices)
images = st.builds(Image, ids, ids, names, texts, positive, positive, texts, st.sampled_from(Split))
labeled_splits = st.sampled_from([Split.TRAIN, Split.TEST, Split.OOD])
imports = st.one_of(
    st.builds(ImageImport, names, st.sampled_from(Split), data=st.binary(max_size=20)),
    st.builds(ImageImport, names, labeled_splits, uri=names, objects=st.none() | objects),
    st.builds(ImageImport, names, st.sampled_from(Split), uri=names, boxes=st.lists(boxes, max_size=3).map(tuple)),
    st.builds(ImageImport, names, st.sampled_from(Split), uri=names, points=pointed.map(lambda label: label.points)),
    st.builds(
        ImageImport, names, st.sampled_from(Split), uri=names, scribbles=scribbled.map(lambda label: label.scribbles)
    ),
)
budgets = st.one_of(st.builds(Budget, seconds=st.floats(1e-3, 1e9)), st.builds(Budget, images=st.integers(1, 2**60)))
strategies = st.builds(Strategy, names, st.dictionaries(names, names, max_size=3))
by_kind = st.dictionaries(st.sampled_from(SupervisionKind), st.floats(1e-3, 1e9))
small = st.integers(0, 2**60)
campaigns = st.builds(
    Campaign,
    ids,
    ids,
    budgets,
    strategies,
    seeds,
    seconds,
    seconds,
    small,
    small,
    by_kind,
    by_kind,
    st.none() | times,
    small,
    seconds,
    by_kind,
)
picks = st.builds(Pick, ids, texts, seconds, st.none() | shares)
batches = st.builds(
    Batch,
    ids,
    ids,
    ids,
    names,
    st.sampled_from(SupervisionKind),
    names,
    st.lists(picks, max_size=4).map(tuple),
    times,
    st.booleans(),
    texts,
    st.none() | shares,
    texts,
    st.none() | st.sampled_from(Split),
    st.just(UNAIDED) | st.builds(Assistance, st.sampled_from([Assist.PROPOSALS, Assist.BOXES]), ids, shares),
)

batch_records = batches.flatmap(
    lambda batch: st.builds(
        BatchRecord,
        st.just(batch),
        st.fixed_dictionaries({pick.image_id: st.sampled_from(PickState) for pick in batch.picks}),
    )
)
estimated = st.builds(SecondsEstimate, seconds, seconds, seconds, seconds, small)


def kind_costs(kind):
    by_category = st.dictionaries(positive, estimated, max_size=3)
    return st.builds(KindCosts, st.just(kind), small, small, seconds, seconds, estimated, estimated, by_category)


outline_fits = st.builds(OutlineFit, small, small, seconds, estimated, estimated, shares, shares)
cost_estimates = st.builds(
    CostEstimates,
    positive,
    *map(kind_costs, (SupervisionKind.COUNTS, SupervisionKind.BOXES, SupervisionKind.FULL)),
    outline_fits,
    st.builds(ReviewFit, small, small, seconds, seconds, estimated, estimated, estimated, estimated),
)


drafts = st.builds(LabelDraft, ids, contents, st.none() | seconds, texts)
labels = st.builds(
    Label,
    id=ids,
    project_id=ids,
    image_id=ids,
    content=contents,
    annotator=names,
    cost_s=seconds,
    created_at=times,
    seconds_spent=st.none() | seconds,
    campaign_id=texts,
    supersedes=texts,
    superseded_by=texts,
)
proposals = st.builds(
    ImageProposals,
    ids,
    texts,
    shares,
    st.lists(st.builds(ObjectProposal, positive, masks, shares, shares), max_size=3).map(tuple),
    st.integers(0, 100),
)
offered = st.builds(ObjectProposal, positive, masks, shares, shares, texts)
points = st.builds(PromptPoint, seconds, seconds, st.booleans())
prompts = st.builds(
    Prompt,
    st.just(0) | positive,
    st.tuples(seconds, seconds, st.floats(1e-3, 1e9), st.floats(1e-3, 1e9)),
    st.lists(points, max_size=3).map(tuple),
) | st.builds(Prompt, points=st.tuples(points, st.builds(PromptPoint, seconds, seconds)))
prompted = st.builds(PromptedProposals, st.lists(offered, max_size=3).map(tuple), texts, st.booleans())
evaluations = st.builds(
    Evaluation,
    st.sampled_from(Split),
    shares,
    shares,
    shares,
    shares,
    st.none() | st.floats(-1, 1),
    st.lists(st.builds(EvaluatedImage, ids, shares, shares, st.integers(1, 100), st.none() | shares), max_size=3).map(
        tuple
    ),
    st.none() | shares,
    st.none() | st.floats(-1, 1),
    ids,
    st.integers(0, 100),
    st.dictionaries(texts, st.floats(-1, 1), max_size=3),
    st.dictionaries(positive, shares, max_size=3),
)
pseudo_labels = st.builds(PseudoLabels, texts, shares, shares, small, seeds)
models = st.builds(
    ModelVersion,
    ids,
    ids,
    names,
    seeds,
    small,
    st.dictionaries(texts | st.sampled_from(HeadState).map(lambda state: state.metric), seconds),
    times,
    texts,
    st.booleans(),
    small,
    st.none() | pseudo_labels,
    small,
    st.booleans(),
    st.booleans(),
)
small_numbers = st.integers(0, 2**31 - 1)
classifiers = st.builds(
    Classifier,
    id=ids,
    project_id=ids,
    recipe=names,
    seed=seeds,
    labeled_images=small,
    empty_images=small,
    candidates=small,
    hard_images=small,
    clusters=small_numbers,
    metrics=st.dictionaries(names, shares, max_size=3),
    created_at=times,
    config_json=texts,
)
open_operations = st.builds(
    Operation,
    ids,
    ids,
    st.sampled_from(OperationKind),
    st.sampled_from([OperationState.PENDING, OperationState.RUNNING]),
    shares,
    texts,
    st.none() | seconds,
    seconds,
    created_at=st.none() | times,
    updated_at=st.none() | times,
)
ended_operations = st.one_of(
    st.builds(
        lambda operation, result: replace(operation, state=OperationState.SUCCEEDED, result=result),
        open_operations,
        models | evaluations | classifiers,
    ),
    st.builds(
        lambda operation, text: replace(
            operation, state=OperationState.FAILED, error_reason="INVALID_LABEL", error_message=text
        ),
        open_operations,
        texts,
    ),
    st.builds(
        lambda operation: replace(operation, state=OperationState.CANCELLED, error_reason="CANCELLED"), open_operations
    ),
)

estimates = st.builds(Estimate, shares, shares, shares)
outlooks = st.builds(
    KindOutlook,
    st.sampled_from(SupervisionKind),
    shares,
    seconds,
    seconds,
    small_numbers,
    gain_per_s=estimates,
    recognition=estimates,
    segmentation=estimates,
)
networks = st.builds(
    MeasuredNetwork,
    ids,
    st.dictionaries(st.sampled_from(SupervisionKind), small_numbers),
    shares,
    st.none() | shares,
)
kinds_plans = st.builds(
    KindsPlan,
    seconds,
    seconds,
    st.lists(outlooks, max_size=3).map(tuple),
    estimates,
    st.sampled_from(KindsBasis),
    st.sampled_from(KindsReason),
    texts,
    st.lists(networks, max_size=3).map(tuple),
)


PAIRS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "audit_entry": (accesses.entries, convert.audit_entry_to_message, convert.audit_entry_from_message),
    "caller": (accesses.callers, convert.caller_to_message, convert.caller_from_message),
    "new_token": (accesses.new_tokens, convert.new_token_to_message, convert.new_token_from_message),
    "token": (accesses.tokens, convert.token_to_message, convert.token_from_message),
    "mask": (masks, convert.mask_to_message, convert.mask_from_message),
    "counts": (counts, convert.counts_to_message, convert.counts_from_message),
    "category": (categories.map(lambda all_: all_[0]), convert.category_to_message, convert.category_from_message),
    "project": (projects, convert.project_to_message, convert.project_from_message),
    "image": (images, convert.image_to_message, convert.image_from_message),
    "image_import": (imports, convert.image_import_to_message, convert.image_import_from_message),
    "budget": (budgets, convert.budget_to_message, convert.budget_from_message),
    "strategy": (strategies, convert.strategy_to_message, convert.strategy_from_message),
    "campaign": (campaigns, convert.campaign_to_message, convert.campaign_from_message),
    "pick": (picks, convert.pick_to_message, convert.pick_from_message),
    "batch": (batches, convert.batch_to_message, convert.batch_from_message),
    "batch_record": (batch_records, convert.batch_record_to_message, convert.batch_record_from_message),
    "cost_estimates": (cost_estimates, convert.cost_estimates_to_message, convert.cost_estimates_from_message),
    "draft": (drafts, convert.draft_to_message, convert.draft_from_message),
    "label": (labels, convert.label_to_message, convert.label_from_message),
    "proposals": (proposals, convert.proposals_to_message, convert.proposals_from_message),
    "proposal": (offered, convert.proposal_to_message, convert.proposal_from_message),
    "prompt": (prompts, convert.prompt_to_message, convert.prompt_from_message),
    "prompted": (prompted, convert.prompted_to_message, convert.prompted_from_message),
    "kinds_plan": (kinds_plans, convert.kinds_plan_to_message, convert.kinds_plan_from_message),
    "evaluation": (evaluations, convert.evaluation_to_message, convert.evaluation_from_message),
    "classifier": (classifiers, convert.classifier_to_message, convert.classifier_from_message),
    "hard_candidate": (
        st.builds(HardCandidate, ids, positive, shares, small_numbers),
        convert.hard_candidate_to_message,
        convert.hard_candidate_from_message,
    ),
    "pseudo": (pseudo_labels, convert.pseudo_to_message, convert.pseudo_from_message),
    "model": (models, convert.model_to_message, convert.model_from_message),
    "operation": (
        open_operations | ended_operations,
        convert.operation_to_message,
        convert.operation_from_message,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
@given(data=st.data())
def test_a_value_survives_the_wire(name, data):
    values, to_message, from_message = PAIRS[name]
    value = data.draw(values)
    message = to_message(value)
    assert from_message(type(message).FromString(message.SerializeToString())) == value


def test_every_converter_is_tested():
    made = {name.removesuffix("_to_message") for name in convert.__all__ if name.endswith("_to_message")}
    assert made == PAIRS.keys() | {"proposal"}  # one proposal goes through proposals


def test_objects_that_do_not_decode_are_named():
    item = masks_pb2.ObjectMask(category_id=1, mask=masks_pb2.Mask(height=2, width=2, rle=b"9"))
    draft = labels_pb2.LabelDraft(image_id="a1", full=masks_pb2.ObjectMasks(objects=[item]))
    with pytest.raises(InvalidMask, match="image a1, object 0: the mask's runs cover 9 pixels"):
        convert.draft_from_message(draft)


NOWHERE = masks_pb2.ObjectPoint(category_id=1)
BESIDE = masks_pb2.Point(x=-0.5, y=2)
MANY = [masks_pb2.Point(x=1, y=1)] * 1001


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"points": masks_pb2.Points(points=[NOWHERE])}, "image a1, point 0: it says no place"),
        (
            {"points": masks_pb2.Points(points=[masks_pb2.ObjectPoint(category_id=1, point=BESIDE)])},
            r"image a1, point 0: \(-0.5, 2\) is no point of an image",
        ),
        (
            {"scribbles": masks_pb2.Scribbles(scribbles=[masks_pb2.Scribble(category_id=1)])},
            "image a1, stroke 0: a stroke of 0 corners",
        ),
        (
            {"scribbles": masks_pb2.Scribbles(scribbles=[masks_pb2.Scribble(category_id=1, path=MANY)])},
            "image a1, stroke 0: a stroke of 1001 corners",
        ),
    ],
)
def test_points_and_strokes_that_cannot_be_are_named(said, told):
    with pytest.raises(InvalidLabel, match=told):
        convert.draft_from_message(labels_pb2.LabelDraft(image_id="a1", **said))


def test_a_label_that_says_nothing_is_refused():
    with pytest.raises(InvalidLabel, match="image a1: the label says nothing"):
        convert.draft_from_message(labels_pb2.LabelDraft(image_id="a1"))


def test_a_valid_empty_label_is_not_a_label_that_says_nothing():
    draft = labels_pb2.LabelDraft(image_id="a1")
    draft.full.SetInParent()
    assert convert.draft_from_message(draft) == LabelDraft("a1", FullLabel())


@pytest.mark.parametrize("found", [[(1, 2), (1, 3)], [(1, 0)], [(1, 10_001)]])
def test_impossible_counts_are_refused(found):
    pairs = [masks_pb2.CategoryCount(category_id=key, count=count) for key, count in found]
    with pytest.raises(InvalidLabel, match="category 1"):
        convert.counts_from_message(masks_pb2.CategoryCounts(counts=pairs))


REQUESTS = [
    message_class
    for file in (access_pb2, projects_pb2, campaigns_pb2, labels_pb2, models_pb2, classifiers_pb2, proposals_pb2)
    for name, message_class in vars(file).items()
    if name.endswith("Request")
]


@pytest.mark.parametrize("message_class", REQUESTS, ids=lambda found: found.__name__)
def test_every_request_can_be_read_as_arguments(message_class):
    assert convert.arguments(message_class()).keys() == {
        f"{field.name}_s" if field.name in ("lease", "lifetime") else field.name
        for field in message_class.DESCRIPTOR.fields
    }


def test_arguments_are_what_the_request_was_made_of():
    asked = {
        "project_id": "p",
        "campaign_id": "c",
        "annotator": "ann",
        "kind": SupervisionKind.FULL,
        "images": 5,
        "seconds": None,
        "strategy": Strategy("mask_guided", {"target": "0.5"}),
        "lease_s": 1.5,
        "for_split": Split.TEST,
        "beside_held": True,
        "assistance": Assistance(Assist.PROPOSALS, "m1", 0.5, ("m2", "m1")),
        "request_id": "r",
    }
    message = convert.request(campaigns_pb2.SelectBatchRequest, **asked)
    assert convert.arguments(message) == asked


def test_repeated_arguments_come_as_tuples():
    draft = LabelDraft("a1", Counts({3: 2}))
    message = convert.request(labels_pb2.SubmitLabelsRequest, project_id="p", labels=(draft,))
    assert convert.arguments(message)["labels"] == (draft,)


@pytest.mark.parametrize("kinds", [[0], [6, 0], [0, 0]])
def test_an_enum_in_a_list_may_not_be_left_open(kinds):
    with pytest.raises(InvalidArgument, match=r"kinds \d is unspecified"):
        convert.arguments(campaigns_pb2.PlanKindsRequest(kinds=kinds))


def test_an_argument_the_request_lacks_is_a_type_error():
    with pytest.raises(TypeError, match="GetImageRequest has no pixels"):
        convert.request(projects_pb2.GetImageRequest, pixels=3)


@pytest.mark.parametrize(
    ("message", "required", "words"),
    [
        (campaigns_pb2.CreateCampaignRequest(), ("budget",), "budget is required"),
        (campaigns_pb2.SkipImageRequest(), ("reason",), "reason is required"),
        (
            campaigns_pb2.SkipImageRequest(reason=99),  # type: ignore[arg-type] # as of a newer client
            (),
            "reason 99 is no SkipReason we know",
        ),
        (projects_pb2.GetProjectRequest(project_id="a\0"), (), "project_id holds a NUL character"),
        (campaigns_pb2.SelectBatchRequest(seconds=float("nan")), (), "seconds is nan"),
        (projects_pb2.CreateProjectRequest(), ("categories",), "categories is required"),
    ],
)
def test_an_impossible_request_names_its_field(message, required, words):
    with pytest.raises(InvalidArgument, match=words) as raised:
        convert.arguments(message, *required)
    assert raised.value.field == words.split()[0]


def test_a_failed_operation_tells_reason_and_message():
    failed = Operation(
        "o1", "p", OperationKind.TRAIN, OperationState.FAILED, error_reason="NO_ACTIVE_MODEL", error_message="none"
    )
    message = convert.operation_to_message(failed)
    assert message.done
    assert message.error.code == 9  # FAILED_PRECONDITION
    assert message.name == "operations/o1"


def test_skip_reasons_agree_with_the_wire():
    wire = set(campaigns_pb2.SkipReason.keys()) - {"SKIP_REASON_UNSPECIFIED"}
    assert wire == {f"SKIP_REASON_{reason.name}" for reason in SkipReason}


@pytest.mark.parametrize("state", HeadState)
def test_the_state_of_a_head_is_told_on_the_wire(state: HeadState):
    model = ModelVersion("m1", "p", "compact", 0, 40, {state.metric: 1.0}, datetime(2026, 1, 1, tzinfo=UTC))
    assert convert.model_to_message(model).head == models_pb2.HeadState.Value(f"HEAD_STATE_{state.name}")


def test_since_when_a_category_is_there_travels_although_equal_ones_may_differ_in_it():
    since = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    for category in (Category(2, "rust", since), Category(2, "rust")):
        assert convert.category_from_message(convert.category_to_message(category)).added_at == category.added_at
