import datetime

from google.longrunning import operations_pb2 as _operations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from maskloop.v1 import campaigns_pb2 as _campaigns_pb2
from maskloop.v1 import masks_pb2 as _masks_pb2
from maskloop.v1 import projects_pb2 as _projects_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HeadState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEAD_STATE_UNSPECIFIED: _ClassVar[HeadState]
    HEAD_STATE_TRUSTED: _ClassVar[HeadState]
    HEAD_STATE_CONFIDENCE: _ClassVar[HeadState]
    HEAD_STATE_UNTRUSTED: _ClassVar[HeadState]
    HEAD_STATE_UNFITTED: _ClassVar[HeadState]

class OperationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATION_KIND_UNSPECIFIED: _ClassVar[OperationKind]
    OPERATION_KIND_TRAIN: _ClassVar[OperationKind]
    OPERATION_KIND_SCORE: _ClassVar[OperationKind]
    OPERATION_KIND_EVALUATE: _ClassVar[OperationKind]
    OPERATION_KIND_PREPARE: _ClassVar[OperationKind]
    OPERATION_KIND_CLASSIFY: _ClassVar[OperationKind]

class OperationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATION_STATE_UNSPECIFIED: _ClassVar[OperationState]
    OPERATION_STATE_PENDING: _ClassVar[OperationState]
    OPERATION_STATE_RUNNING: _ClassVar[OperationState]
    OPERATION_STATE_SUCCEEDED: _ClassVar[OperationState]
    OPERATION_STATE_FAILED: _ClassVar[OperationState]
    OPERATION_STATE_CANCELLED: _ClassVar[OperationState]
HEAD_STATE_UNSPECIFIED: HeadState
HEAD_STATE_TRUSTED: HeadState
HEAD_STATE_CONFIDENCE: HeadState
HEAD_STATE_UNTRUSTED: HeadState
HEAD_STATE_UNFITTED: HeadState
OPERATION_KIND_UNSPECIFIED: OperationKind
OPERATION_KIND_TRAIN: OperationKind
OPERATION_KIND_SCORE: OperationKind
OPERATION_KIND_EVALUATE: OperationKind
OPERATION_KIND_PREPARE: OperationKind
OPERATION_KIND_CLASSIFY: OperationKind
OPERATION_STATE_UNSPECIFIED: OperationState
OPERATION_STATE_PENDING: OperationState
OPERATION_STATE_RUNNING: OperationState
OPERATION_STATE_SUCCEEDED: OperationState
OPERATION_STATE_FAILED: OperationState
OPERATION_STATE_CANCELLED: OperationState

class ModelVersion(_message.Message):
    __slots__ = ("id", "project_id", "recipe", "seed", "labeled_images", "metrics", "config_json", "active", "scored_images", "created_at", "head", "pseudo", "pseudo_images", "needs_counts", "thinned")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LABELED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_JSON_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    SCORED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    PSEUDO_FIELD_NUMBER: _ClassVar[int]
    PSEUDO_IMAGES_FIELD_NUMBER: _ClassVar[int]
    NEEDS_COUNTS_FIELD_NUMBER: _ClassVar[int]
    THINNED_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_id: str
    recipe: str
    seed: int
    labeled_images: int
    metrics: _containers.ScalarMap[str, float]
    config_json: str
    active: bool
    scored_images: int
    created_at: _timestamp_pb2.Timestamp
    head: HeadState
    pseudo: PseudoLabels
    pseudo_images: int
    needs_counts: bool
    thinned: bool
    def __init__(self, id: _Optional[str] = ..., project_id: _Optional[str] = ..., recipe: _Optional[str] = ..., seed: _Optional[int] = ..., labeled_images: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ..., config_json: _Optional[str] = ..., active: _Optional[bool] = ..., scored_images: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., head: _Optional[_Union[HeadState, str]] = ..., pseudo: _Optional[_Union[PseudoLabels, _Mapping]] = ..., pseudo_images: _Optional[int] = ..., needs_counts: _Optional[bool] = ..., thinned: _Optional[bool] = ...) -> None: ...

class PseudoLabels(_message.Message):
    __slots__ = ("model_version", "min_predicted_iou", "min_area_share", "images", "seed")
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_PREDICTED_IOU_FIELD_NUMBER: _ClassVar[int]
    MIN_AREA_SHARE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    min_predicted_iou: float
    min_area_share: float
    images: int
    seed: int
    def __init__(self, model_version: _Optional[str] = ..., min_predicted_iou: _Optional[float] = ..., min_area_share: _Optional[float] = ..., images: _Optional[int] = ..., seed: _Optional[int] = ...) -> None: ...

class EvaluatedImage(_message.Message):
    __slots__ = ("image_id", "predicted_iou", "true_iou", "objects", "confidence")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_IOU_FIELD_NUMBER: _ClassVar[int]
    TRUE_IOU_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    predicted_iou: float
    true_iou: float
    objects: int
    confidence: float
    def __init__(self, image_id: _Optional[str] = ..., predicted_iou: _Optional[float] = ..., true_iou: _Optional[float] = ..., objects: _Optional[int] = ..., confidence: _Optional[float] = ...) -> None: ...

class Evaluation(_message.Message):
    __slots__ = ("model_version", "split", "ap", "ap50", "mean_iou", "iou_mae", "iou_spearman", "iou_mae_reference", "iou_spearman_reference", "images", "not_decoded", "metrics", "ap50_by_category")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class Ap50ByCategoryEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: float
        def __init__(self, key: _Optional[int] = ..., value: _Optional[float] = ...) -> None: ...
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    AP_FIELD_NUMBER: _ClassVar[int]
    AP50_FIELD_NUMBER: _ClassVar[int]
    MEAN_IOU_FIELD_NUMBER: _ClassVar[int]
    IOU_MAE_FIELD_NUMBER: _ClassVar[int]
    IOU_SPEARMAN_FIELD_NUMBER: _ClassVar[int]
    IOU_MAE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    IOU_SPEARMAN_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    NOT_DECODED_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    AP50_BY_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    split: _projects_pb2.Split
    ap: float
    ap50: float
    mean_iou: float
    iou_mae: float
    iou_spearman: float
    iou_mae_reference: float
    iou_spearman_reference: float
    images: _containers.RepeatedCompositeFieldContainer[EvaluatedImage]
    not_decoded: int
    metrics: _containers.ScalarMap[str, float]
    ap50_by_category: _containers.ScalarMap[int, float]
    def __init__(self, model_version: _Optional[str] = ..., split: _Optional[_Union[_projects_pb2.Split, str]] = ..., ap: _Optional[float] = ..., ap50: _Optional[float] = ..., mean_iou: _Optional[float] = ..., iou_mae: _Optional[float] = ..., iou_spearman: _Optional[float] = ..., iou_mae_reference: _Optional[float] = ..., iou_spearman_reference: _Optional[float] = ..., images: _Optional[_Iterable[_Union[EvaluatedImage, _Mapping]]] = ..., not_decoded: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ..., ap50_by_category: _Optional[_Mapping[int, float]] = ...) -> None: ...

class OperationMetadata(_message.Message):
    __slots__ = ("kind", "project_id", "progress", "message", "eta_s", "device_s", "created_at", "updated_at", "state", "model_version")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ETA_S_FIELD_NUMBER: _ClassVar[int]
    DEVICE_S_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    kind: OperationKind
    project_id: str
    progress: float
    message: str
    eta_s: float
    device_s: float
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    state: OperationState
    model_version: str
    def __init__(self, kind: _Optional[_Union[OperationKind, str]] = ..., project_id: _Optional[str] = ..., progress: _Optional[float] = ..., message: _Optional[str] = ..., eta_s: _Optional[float] = ..., device_s: _Optional[float] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[OperationState, str]] = ..., model_version: _Optional[str] = ...) -> None: ...

class TrainModelRequest(_message.Message):
    __slots__ = ("project_id", "recipe", "overrides_json", "seed", "activate", "request_id", "pseudo")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_JSON_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ACTIVATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PSEUDO_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    recipe: str
    overrides_json: str
    seed: int
    activate: bool
    request_id: str
    pseudo: PseudoLabels
    def __init__(self, project_id: _Optional[str] = ..., recipe: _Optional[str] = ..., overrides_json: _Optional[str] = ..., seed: _Optional[int] = ..., activate: _Optional[bool] = ..., request_id: _Optional[str] = ..., pseudo: _Optional[_Union[PseudoLabels, _Mapping]] = ...) -> None: ...

class ResolveRecipeRequest(_message.Message):
    __slots__ = ("recipe", "overrides_json")
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_JSON_FIELD_NUMBER: _ClassVar[int]
    recipe: str
    overrides_json: str
    def __init__(self, recipe: _Optional[str] = ..., overrides_json: _Optional[str] = ...) -> None: ...

class ResolveRecipeResponse(_message.Message):
    __slots__ = ("config_json",)
    CONFIG_JSON_FIELD_NUMBER: _ClassVar[int]
    config_json: str
    def __init__(self, config_json: _Optional[str] = ...) -> None: ...

class ScorePoolRequest(_message.Message):
    __slots__ = ("project_id", "model_version", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EvaluateModelRequest(_message.Message):
    __slots__ = ("project_id", "model_version", "split", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    split: _projects_pb2.Split
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ..., split: _Optional[_Union[_projects_pb2.Split, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImageScore(_message.Message):
    __slots__ = ("image_id", "score")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    score: float
    def __init__(self, image_id: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...

class ImportScoresRequest(_message.Message):
    __slots__ = ("project_id", "model_version", "scores")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    scores: _containers.RepeatedCompositeFieldContainer[ImageScore]
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ..., scores: _Optional[_Iterable[_Union[ImageScore, _Mapping]]] = ...) -> None: ...

class ImportScoresResponse(_message.Message):
    __slots__ = ("imported_images",)
    IMPORTED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    imported_images: int
    def __init__(self, imported_images: _Optional[int] = ...) -> None: ...

class PrepareSelectionRequest(_message.Message):
    __slots__ = ("project_id", "campaign_id", "strategy", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    campaign_id: str
    strategy: _campaigns_pb2.Strategy
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., campaign_id: _Optional[str] = ..., strategy: _Optional[_Union[_campaigns_pb2.Strategy, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class PreparedSelection(_message.Message):
    __slots__ = ("strategy", "ranked_images", "model_version")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    RANKED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    ranked_images: int
    model_version: str
    def __init__(self, strategy: _Optional[str] = ..., ranked_images: _Optional[int] = ..., model_version: _Optional[str] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ("project_id", "model_version")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ("project_id", "page_size", "page_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    page_size: int
    page_token: str
    def __init__(self, project_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models", "next_page_token")
    MODELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ModelVersion]
    next_page_token: str
    def __init__(self, models: _Optional[_Iterable[_Union[ModelVersion, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ActivateModelRequest(_message.Message):
    __slots__ = ("project_id", "model_version", "etag")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    etag: str
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class RollbackModelRequest(_message.Message):
    __slots__ = ("project_id", "etag")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    etag: str
    def __init__(self, project_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class ReadModelRequest(_message.Message):
    __slots__ = ("project_id", "model_version")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ...) -> None: ...

class ReadModelResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ImageProposals(_message.Message):
    __slots__ = ("image_id", "model_version", "score", "objects", "not_decoded", "uncalibrated")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    NOT_DECODED_FIELD_NUMBER: _ClassVar[int]
    UNCALIBRATED_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    model_version: str
    score: float
    objects: _containers.RepeatedCompositeFieldContainer[_masks_pb2.ObjectProposal]
    not_decoded: int
    uncalibrated: bool
    def __init__(self, image_id: _Optional[str] = ..., model_version: _Optional[str] = ..., score: _Optional[float] = ..., objects: _Optional[_Iterable[_Union[_masks_pb2.ObjectProposal, _Mapping]]] = ..., not_decoded: _Optional[int] = ..., uncalibrated: _Optional[bool] = ...) -> None: ...

class GetProposalsRequest(_message.Message):
    __slots__ = ("project_id", "model_version", "image_ids")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ..., image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetProposalsResponse(_message.Message):
    __slots__ = ("proposals",)
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    proposals: _containers.RepeatedCompositeFieldContainer[ImageProposals]
    def __init__(self, proposals: _Optional[_Iterable[_Union[ImageProposals, _Mapping]]] = ...) -> None: ...

class ThinModelsRequest(_message.Message):
    __slots__ = ("project_id", "keep", "also_keep")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    ALSO_KEEP_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    keep: int
    also_keep: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, project_id: _Optional[str] = ..., keep: _Optional[int] = ..., also_keep: _Optional[_Iterable[str]] = ...) -> None: ...

class ThinModelsResponse(_message.Message):
    __slots__ = ("model_versions", "freed_bytes")
    MODEL_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    FREED_BYTES_FIELD_NUMBER: _ClassVar[int]
    model_versions: _containers.RepeatedScalarFieldContainer[str]
    freed_bytes: int
    def __init__(self, model_versions: _Optional[_Iterable[str]] = ..., freed_bytes: _Optional[int] = ...) -> None: ...

class ExportPseudoLabelsRequest(_message.Message):
    __slots__ = ("project_id", "pseudo")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PSEUDO_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    pseudo: PseudoLabels
    def __init__(self, project_id: _Optional[str] = ..., pseudo: _Optional[_Union[PseudoLabels, _Mapping]] = ...) -> None: ...

class ExportPseudoLabelsResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
