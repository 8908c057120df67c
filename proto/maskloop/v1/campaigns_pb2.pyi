import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from maskloop.v1 import labels_pb2 as _labels_pb2
from maskloop.v1 import projects_pb2 as _projects_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Assist(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASSIST_UNSPECIFIED: _ClassVar[Assist]
    ASSIST_NONE: _ClassVar[Assist]
    ASSIST_PROPOSALS: _ClassVar[Assist]
    ASSIST_BOXES: _ClassVar[Assist]

class PickState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PICK_STATE_UNSPECIFIED: _ClassVar[PickState]
    PICK_STATE_OPEN: _ClassVar[PickState]
    PICK_STATE_LABELED: _ClassVar[PickState]
    PICK_STATE_RELEASED: _ClassVar[PickState]
    PICK_STATE_SKIPPED: _ClassVar[PickState]
    PICK_STATE_EXPIRED: _ClassVar[PickState]

class SkipReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SKIP_REASON_UNSPECIFIED: _ClassVar[SkipReason]
    SKIP_REASON_OVER_BUDGET: _ClassVar[SkipReason]
    SKIP_REASON_UNUSABLE: _ClassVar[SkipReason]
    SKIP_REASON_UNSURE: _ClassVar[SkipReason]
    SKIP_REASON_OFF_TOPIC: _ClassVar[SkipReason]

class KindsBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KINDS_BASIS_UNSPECIFIED: _ClassVar[KindsBasis]
    KINDS_BASIS_PRIORS: _ClassVar[KindsBasis]
    KINDS_BASIS_ROUNDS: _ClassVar[KindsBasis]

class KindsReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KINDS_REASON_UNSPECIFIED: _ClassVar[KindsReason]
    KINDS_REASON_ONE_KIND: _ClassVar[KindsReason]
    KINDS_REASON_BEST_END: _ClassVar[KindsReason]
    KINDS_REASON_TELLS_MORE: _ClassVar[KindsReason]
ASSIST_UNSPECIFIED: Assist
ASSIST_NONE: Assist
ASSIST_PROPOSALS: Assist
ASSIST_BOXES: Assist
PICK_STATE_UNSPECIFIED: PickState
PICK_STATE_OPEN: PickState
PICK_STATE_LABELED: PickState
PICK_STATE_RELEASED: PickState
PICK_STATE_SKIPPED: PickState
PICK_STATE_EXPIRED: PickState
SKIP_REASON_UNSPECIFIED: SkipReason
SKIP_REASON_OVER_BUDGET: SkipReason
SKIP_REASON_UNUSABLE: SkipReason
SKIP_REASON_UNSURE: SkipReason
SKIP_REASON_OFF_TOPIC: SkipReason
KINDS_BASIS_UNSPECIFIED: KindsBasis
KINDS_BASIS_PRIORS: KindsBasis
KINDS_BASIS_ROUNDS: KindsBasis
KINDS_REASON_UNSPECIFIED: KindsReason
KINDS_REASON_ONE_KIND: KindsReason
KINDS_REASON_BEST_END: KindsReason
KINDS_REASON_TELLS_MORE: KindsReason

class Budget(_message.Message):
    __slots__ = ("seconds", "images")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    images: int
    def __init__(self, seconds: _Optional[float] = ..., images: _Optional[int] = ...) -> None: ...

class Strategy(_message.Message):
    __slots__ = ("name", "options")
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    options: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., options: _Optional[_Mapping[str, str]] = ...) -> None: ...

class KindSeconds(_message.Message):
    __slots__ = ("kind", "planned_s", "measured_s", "charged_s")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PLANNED_S_FIELD_NUMBER: _ClassVar[int]
    MEASURED_S_FIELD_NUMBER: _ClassVar[int]
    CHARGED_S_FIELD_NUMBER: _ClassVar[int]
    kind: _labels_pb2.SupervisionKind
    planned_s: float
    measured_s: float
    charged_s: float
    def __init__(self, kind: _Optional[_Union[_labels_pb2.SupervisionKind, str]] = ..., planned_s: _Optional[float] = ..., measured_s: _Optional[float] = ..., charged_s: _Optional[float] = ...) -> None: ...

class Campaign(_message.Message):
    __slots__ = ("id", "project_id", "budget", "strategy", "seed", "spent_s", "reserved_s", "labeled_images", "reserved_images", "spent_by_kind", "created_at", "test_images", "test_spent_s")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SPENT_S_FIELD_NUMBER: _ClassVar[int]
    RESERVED_S_FIELD_NUMBER: _ClassVar[int]
    LABELED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    RESERVED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    SPENT_BY_KIND_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    TEST_IMAGES_FIELD_NUMBER: _ClassVar[int]
    TEST_SPENT_S_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_id: str
    budget: Budget
    strategy: Strategy
    seed: int
    spent_s: float
    reserved_s: float
    labeled_images: int
    reserved_images: int
    spent_by_kind: _containers.RepeatedCompositeFieldContainer[KindSeconds]
    created_at: _timestamp_pb2.Timestamp
    test_images: int
    test_spent_s: float
    def __init__(self, id: _Optional[str] = ..., project_id: _Optional[str] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., strategy: _Optional[_Union[Strategy, _Mapping]] = ..., seed: _Optional[int] = ..., spent_s: _Optional[float] = ..., reserved_s: _Optional[float] = ..., labeled_images: _Optional[int] = ..., reserved_images: _Optional[int] = ..., spent_by_kind: _Optional[_Iterable[_Union[KindSeconds, _Mapping]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., test_images: _Optional[int] = ..., test_spent_s: _Optional[float] = ...) -> None: ...

class CreateCampaignRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id", "budget", "strategy", "seed", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    budget: Budget
    strategy: Strategy
    seed: int
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., strategy: _Optional[_Union[Strategy, _Mapping]] = ..., seed: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetCampaignRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ...) -> None: ...

class ListCampaignsRequest(_message.Message):
    __slots__ = ("project_id", "page_size", "page_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    page_size: int
    page_token: str
    def __init__(self, project_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCampaignsResponse(_message.Message):
    __slots__ = ("campaigns", "next_page_token")
    CAMPAIGNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    campaigns: _containers.RepeatedCompositeFieldContainer[Campaign]
    next_page_token: str
    def __init__(self, campaigns: _Optional[_Iterable[_Union[Campaign, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateCampaignBudgetRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id", "budget", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    budget: Budget
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class Assistance(_message.Message):
    __slots__ = ("assist", "model_version", "min_predicted_iou", "among")
    ASSIST_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_PREDICTED_IOU_FIELD_NUMBER: _ClassVar[int]
    AMONG_FIELD_NUMBER: _ClassVar[int]
    assist: Assist
    model_version: str
    min_predicted_iou: float
    among: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, assist: _Optional[_Union[Assist, str]] = ..., model_version: _Optional[str] = ..., min_predicted_iou: _Optional[float] = ..., among: _Optional[_Iterable[str]] = ...) -> None: ...

class Pick(_message.Message):
    __slots__ = ("image_id", "reason", "cost_s", "score", "proposed_by")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COST_S_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_BY_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    reason: str
    cost_s: float
    score: float
    proposed_by: str
    def __init__(self, image_id: _Optional[str] = ..., reason: _Optional[str] = ..., cost_s: _Optional[float] = ..., score: _Optional[float] = ..., proposed_by: _Optional[str] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("id", "project_id", "campaign_id", "annotator", "kind", "strategy", "picks", "expires_at", "exhausted", "model_version", "target_iou", "fallback", "for_split", "assistance")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    PICKS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    EXHAUSTED_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    TARGET_IOU_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    FOR_SPLIT_FIELD_NUMBER: _ClassVar[int]
    ASSISTANCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_id: str
    campaign_id: str
    annotator: str
    kind: _labels_pb2.SupervisionKind
    strategy: str
    picks: _containers.RepeatedCompositeFieldContainer[Pick]
    expires_at: _timestamp_pb2.Timestamp
    exhausted: bool
    model_version: str
    target_iou: float
    fallback: str
    for_split: _projects_pb2.Split
    assistance: Assistance
    def __init__(self, id: _Optional[str] = ..., project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., annotator: _Optional[str] = ..., kind: _Optional[_Union[_labels_pb2.SupervisionKind, str]] = ..., strategy: _Optional[str] = ..., picks: _Optional[_Iterable[_Union[Pick, _Mapping]]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., exhausted: _Optional[bool] = ..., model_version: _Optional[str] = ..., target_iou: _Optional[float] = ..., fallback: _Optional[str] = ..., for_split: _Optional[_Union[_projects_pb2.Split, str]] = ..., assistance: _Optional[_Union[Assistance, _Mapping]] = ...) -> None: ...

class SelectBatchRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id", "annotator", "kind", "images", "seconds", "strategy", "lease", "request_id", "for_split", "beside_held", "assistance")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FOR_SPLIT_FIELD_NUMBER: _ClassVar[int]
    BESIDE_HELD_FIELD_NUMBER: _ClassVar[int]
    ASSISTANCE_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    annotator: str
    kind: _labels_pb2.SupervisionKind
    images: int
    seconds: float
    strategy: Strategy
    lease: _duration_pb2.Duration
    request_id: str
    for_split: _projects_pb2.Split
    beside_held: bool
    assistance: Assistance
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., annotator: _Optional[str] = ..., kind: _Optional[_Union[_labels_pb2.SupervisionKind, str]] = ..., images: _Optional[int] = ..., seconds: _Optional[float] = ..., strategy: _Optional[_Union[Strategy, _Mapping]] = ..., lease: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., request_id: _Optional[str] = ..., for_split: _Optional[_Union[_projects_pb2.Split, str]] = ..., beside_held: _Optional[bool] = ..., assistance: _Optional[_Union[Assistance, _Mapping]] = ...) -> None: ...

class GetBatchRequest(_message.Message):
    __slots__ = ("project_id", "batch_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    batch_id: str
    def __init__(self, project_id: _Optional[str] = ..., batch_id: _Optional[str] = ...) -> None: ...

class BatchRecord(_message.Message):
    __slots__ = ("batch", "states")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    batch: Batch
    states: _containers.RepeatedScalarFieldContainer[PickState]
    def __init__(self, batch: _Optional[_Union[Batch, _Mapping]] = ..., states: _Optional[_Iterable[_Union[PickState, str]]] = ...) -> None: ...

class ListBatchesRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id", "page_size", "page_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    page_size: int
    page_token: str
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBatchesResponse(_message.Message):
    __slots__ = ("batches", "next_page_token")
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    batches: _containers.RepeatedCompositeFieldContainer[BatchRecord]
    next_page_token: str
    def __init__(self, batches: _Optional[_Iterable[_Union[BatchRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RenewBatchRequest(_message.Message):
    __slots__ = ("project_id", "batch_id", "annotator", "lease")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    batch_id: str
    annotator: str
    lease: _duration_pb2.Duration
    def __init__(self, project_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., annotator: _Optional[str] = ..., lease: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ReleaseBatchRequest(_message.Message):
    __slots__ = ("project_id", "batch_id", "annotator", "image_ids", "for_later")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    FOR_LATER_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    batch_id: str
    annotator: str
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    for_later: bool
    def __init__(self, project_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., annotator: _Optional[str] = ..., image_ids: _Optional[_Iterable[str]] = ..., for_later: _Optional[bool] = ...) -> None: ...

class ReleaseBatchResponse(_message.Message):
    __slots__ = ("released_images",)
    RELEASED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    released_images: int
    def __init__(self, released_images: _Optional[int] = ...) -> None: ...

class SkipImageRequest(_message.Message):
    __slots__ = ("project_id", "batch_id", "annotator", "image_id", "reason")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    batch_id: str
    annotator: str
    image_id: str
    reason: SkipReason
    def __init__(self, project_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., annotator: _Optional[str] = ..., image_id: _Optional[str] = ..., reason: _Optional[_Union[SkipReason, str]] = ...) -> None: ...

class SkipImageResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PlanKindsRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id", "seconds", "kinds", "seed", "assistance")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ASSISTANCE_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    seconds: float
    kinds: _containers.RepeatedScalarFieldContainer[_labels_pb2.SupervisionKind]
    seed: int
    assistance: Assistance
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., seconds: _Optional[float] = ..., kinds: _Optional[_Iterable[_Union[_labels_pb2.SupervisionKind, str]]] = ..., seed: _Optional[int] = ..., assistance: _Optional[_Union[Assistance, _Mapping]] = ...) -> None: ...

class Estimate(_message.Message):
    __slots__ = ("mean", "low", "high")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    mean: float
    low: float
    high: float
    def __init__(self, mean: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class KindOutlook(_message.Message):
    __slots__ = ("kind", "share", "images", "image_s", "open_images", "gain_per_s", "recognition", "segmentation")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_S_FIELD_NUMBER: _ClassVar[int]
    OPEN_IMAGES_FIELD_NUMBER: _ClassVar[int]
    GAIN_PER_S_FIELD_NUMBER: _ClassVar[int]
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_FIELD_NUMBER: _ClassVar[int]
    kind: _labels_pb2.SupervisionKind
    share: float
    images: float
    image_s: float
    open_images: int
    gain_per_s: Estimate
    recognition: Estimate
    segmentation: Estimate
    def __init__(self, kind: _Optional[_Union[_labels_pb2.SupervisionKind, str]] = ..., share: _Optional[float] = ..., images: _Optional[float] = ..., image_s: _Optional[float] = ..., open_images: _Optional[int] = ..., gain_per_s: _Optional[_Union[Estimate, _Mapping]] = ..., recognition: _Optional[_Union[Estimate, _Mapping]] = ..., segmentation: _Optional[_Union[Estimate, _Mapping]] = ...) -> None: ...

class KindImages(_message.Message):
    __slots__ = ("kind", "images")
    KIND_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    kind: _labels_pb2.SupervisionKind
    images: int
    def __init__(self, kind: _Optional[_Union[_labels_pb2.SupervisionKind, str]] = ..., images: _Optional[int] = ...) -> None: ...

class MeasuredNetwork(_message.Message):
    __slots__ = ("model_version", "images", "recognition", "segmentation")
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    images: _containers.RepeatedCompositeFieldContainer[KindImages]
    recognition: float
    segmentation: float
    def __init__(self, model_version: _Optional[str] = ..., images: _Optional[_Iterable[_Union[KindImages, _Mapping]]] = ..., recognition: _Optional[float] = ..., segmentation: _Optional[float] = ...) -> None: ...

class KindsPlan(_message.Message):
    __slots__ = ("seconds", "left_s", "kinds", "expected", "basis", "reason", "words", "networks")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    LEFT_S_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    NETWORKS_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    left_s: float
    kinds: _containers.RepeatedCompositeFieldContainer[KindOutlook]
    expected: Estimate
    basis: KindsBasis
    reason: KindsReason
    words: str
    networks: _containers.RepeatedCompositeFieldContainer[MeasuredNetwork]
    def __init__(self, seconds: _Optional[float] = ..., left_s: _Optional[float] = ..., kinds: _Optional[_Iterable[_Union[KindOutlook, _Mapping]]] = ..., expected: _Optional[_Union[Estimate, _Mapping]] = ..., basis: _Optional[_Union[KindsBasis, str]] = ..., reason: _Optional[_Union[KindsReason, str]] = ..., words: _Optional[str] = ..., networks: _Optional[_Iterable[_Union[MeasuredNetwork, _Mapping]]] = ...) -> None: ...
