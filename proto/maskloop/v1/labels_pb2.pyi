import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from maskloop.v1 import costs_pb2 as _costs_pb2
from maskloop.v1 import masks_pb2 as _masks_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SupervisionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPERVISION_KIND_UNSPECIFIED: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_IMAGE_LEVEL: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_COUNTS: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_POINTS: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_SCRIBBLES: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_BOXES: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_FULL: _ClassVar[SupervisionKind]
    SUPERVISION_KIND_OOD_CHECK: _ClassVar[SupervisionKind]
SUPERVISION_KIND_UNSPECIFIED: SupervisionKind
SUPERVISION_KIND_IMAGE_LEVEL: SupervisionKind
SUPERVISION_KIND_COUNTS: SupervisionKind
SUPERVISION_KIND_POINTS: SupervisionKind
SUPERVISION_KIND_SCRIBBLES: SupervisionKind
SUPERVISION_KIND_BOXES: SupervisionKind
SUPERVISION_KIND_FULL: SupervisionKind
SUPERVISION_KIND_OOD_CHECK: SupervisionKind

class LabelDraft(_message.Message):
    __slots__ = ("image_id", "image_level", "counts", "points", "scribbles", "boxes", "full", "ood_check", "seconds_spent", "supersedes")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    SCRIBBLES_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    OOD_CHECK_FIELD_NUMBER: _ClassVar[int]
    SECONDS_SPENT_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    image_level: _masks_pb2.ImageLevel
    counts: _masks_pb2.CategoryCounts
    points: _masks_pb2.Points
    scribbles: _masks_pb2.Scribbles
    boxes: _masks_pb2.Boxes
    full: _masks_pb2.ObjectMasks
    ood_check: _masks_pb2.OodAnswer
    seconds_spent: float
    supersedes: str
    def __init__(self, image_id: _Optional[str] = ..., image_level: _Optional[_Union[_masks_pb2.ImageLevel, _Mapping]] = ..., counts: _Optional[_Union[_masks_pb2.CategoryCounts, _Mapping]] = ..., points: _Optional[_Union[_masks_pb2.Points, _Mapping]] = ..., scribbles: _Optional[_Union[_masks_pb2.Scribbles, _Mapping]] = ..., boxes: _Optional[_Union[_masks_pb2.Boxes, _Mapping]] = ..., full: _Optional[_Union[_masks_pb2.ObjectMasks, _Mapping]] = ..., ood_check: _Optional[_Union[_masks_pb2.OodAnswer, _Mapping]] = ..., seconds_spent: _Optional[float] = ..., supersedes: _Optional[str] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ("id", "project_id", "draft", "annotator", "cost_s", "campaign_id", "superseded_by", "created_at", "charged_s")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    COST_S_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_ID_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    CHARGED_S_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_id: str
    draft: LabelDraft
    annotator: str
    cost_s: float
    campaign_id: str
    superseded_by: str
    created_at: _timestamp_pb2.Timestamp
    charged_s: float
    def __init__(self, id: _Optional[str] = ..., project_id: _Optional[str] = ..., draft: _Optional[_Union[LabelDraft, _Mapping]] = ..., annotator: _Optional[str] = ..., cost_s: _Optional[float] = ..., campaign_id: _Optional[str] = ..., superseded_by: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., charged_s: _Optional[float] = ...) -> None: ...

class SubmitLabelsRequest(_message.Message):
    __slots__ = ("project_id", "annotator", "batch_id", "labels", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    annotator: str
    batch_id: str
    labels: _containers.RepeatedCompositeFieldContainer[LabelDraft]
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., annotator: _Optional[str] = ..., batch_id: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[LabelDraft, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class SubmitLabelsResponse(_message.Message):
    __slots__ = ("labels", "left_s")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    LEFT_S_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    left_s: float
    def __init__(self, labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., left_s: _Optional[float] = ...) -> None: ...

class ListLabelsRequest(_message.Message):
    __slots__ = ("project_id", "image_id", "kind", "include_superseded", "page_size", "page_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SUPERSEDED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    image_id: str
    kind: SupervisionKind
    include_superseded: bool
    page_size: int
    page_token: str
    def __init__(self, project_id: _Optional[str] = ..., image_id: _Optional[str] = ..., kind: _Optional[_Union[SupervisionKind, str]] = ..., include_superseded: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLabelsResponse(_message.Message):
    __slots__ = ("labels", "next_page_token")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    next_page_token: str
    def __init__(self, labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExportLabelsRequest(_message.Message):
    __slots__ = ("project_id", "kind")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    kind: SupervisionKind
    def __init__(self, project_id: _Optional[str] = ..., kind: _Optional[_Union[SupervisionKind, str]] = ...) -> None: ...

class ExportLabelsResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class GetCostEstimatesRequest(_message.Message):
    __slots__ = ("project_id",)
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    def __init__(self, project_id: _Optional[str] = ...) -> None: ...
