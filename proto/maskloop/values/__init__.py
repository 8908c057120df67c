"""The values that cross every border: frozen, and checked when they are made.

Seconds are floats and end in `_s`; IoUs are floats in [0, 1]; ids are opaque strings, never positions.
"""

from maskloop.values.assistance import UNAIDED, Assist, Assistance
from maskloop.values.batches import BatchRecord, PickState
from maskloop.values.campaigns import AT_RANDOM, DAY_S, Batch, Budget, Campaign, Pick, SkipReason
from maskloop.values.classifiers import Classifier, HardCandidate
from maskloop.values.costs import CostEstimates, KindCosts, OutlineFit, ReviewFit, SecondsEstimate
from maskloop.values.heads import HeadState, explain_head, keep_trust
from maskloop.values.image_imports import ImageImport
from maskloop.values.labels import (
    LABEL_KINDS,
    MOST_OBJECTS,
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    ImageLevelLabel,
    Label,
    LabelContent,
    LabelDraft,
    ObjectLabel,
    OodAnswer,
    Origin,
    Rejection,
    Review,
    SupervisionKind,
    Verdict,
    Work,
    charged_seconds,
    check_named,
)
from maskloop.values.models import (
    BOXED_IMAGES,
    EvaluatedImage,
    Evaluation,
    ImageScore,
    ModelVersion,
    PreparedSelection,
)
from maskloop.values.operations import Operation, OperationKind, OperationResult, OperationState
from maskloop.values.outline_price import MEAN_OUTLINE_LENGTH, OUTLINE_BY_LENGTH, OUTLINE_FLAT, OutlinePrice
from maskloop.values.projects import Category, Image, Project, Split, as_vocabulary, check_id
from maskloop.values.proposals import (
    ImageProposals,
    ObjectProposal,
    Prompt,
    PromptedProposals,
    PromptPoint,
    check_prompts,
    with_ids,
)
from maskloop.values.pseudo_labels import MAX_SEED, PseudoLabels
from maskloop.values.review_prices import REVIEWS, CorrectionForm, ReviewPrices
from maskloop.values.strategies import Strategy
from maskloop.values.strategy_kinds import STRATEGY_KINDS, Need, StrategyKind

__all__ = [
    "AT_RANDOM",
    "BOXED_IMAGES",
    "DAY_S",
    "LABEL_KINDS",
    "MAX_SEED",
    "MEAN_OUTLINE_LENGTH",
    "MOST_OBJECTS",
    "OUTLINE_BY_LENGTH",
    "OUTLINE_FLAT",
    "REVIEWS",
    "STRATEGY_KINDS",
    "UNAIDED",
    "Assist",
    "Assistance",
    "Batch",
    "BatchRecord",
    "Box",
    "BoxesLabel",
    "Budget",
    "Campaign",
    "Category",
    "Classifier",
    "CorrectionForm",
    "CostEstimates",
    "Counts",
    "EvaluatedImage",
    "Evaluation",
    "FullLabel",
    "HardCandidate",
    "HeadState",
    "Image",
    "ImageImport",
    "ImageLevelLabel",
    "ImageProposals",
    "ImageScore",
    "KindCosts",
    "Label",
    "LabelContent",
    "LabelDraft",
    "ModelVersion",
    "Need",
    "ObjectLabel",
    "ObjectProposal",
    "OodAnswer",
    "Operation",
    "OperationKind",
    "OperationResult",
    "OperationState",
    "Origin",
    "OutlineFit",
    "OutlinePrice",
    "Pick",
    "PickState",
    "PreparedSelection",
    "Project",
    "Prompt",
    "PromptPoint",
    "PromptedProposals",
    "PseudoLabels",
    "Rejection",
    "Review",
    "ReviewFit",
    "ReviewPrices",
    "SecondsEstimate",
    "SkipReason",
    "Split",
    "Strategy",
    "StrategyKind",
    "SupervisionKind",
    "Verdict",
    "Work",
    "as_vocabulary",
    "charged_seconds",
    "check_id",
    "check_named",
    "check_prompts",
    "explain_head",
    "keep_trust",
    "with_ids",
]
