from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_ACCEPTED: _ClassVar[Verdict]
    VERDICT_MODIFIED: _ClassVar[Verdict]
    VERDICT_REJECTED: _ClassVar[Verdict]
    VERDICT_MISSED: _ClassVar[Verdict]
VERDICT_UNSPECIFIED: Verdict
VERDICT_ACCEPTED: Verdict
VERDICT_MODIFIED: Verdict
VERDICT_REJECTED: Verdict
VERDICT_MISSED: Verdict

class Mask(_message.Message):
    __slots__ = ("height", "width", "rle")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    RLE_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    rle: bytes
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., rle: _Optional[bytes] = ...) -> None: ...

class CategoryCount(_message.Message):
    __slots__ = ("category_id", "count")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    count: int
    def __init__(self, category_id: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class CategoryCounts(_message.Message):
    __slots__ = ("counts",)
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[CategoryCount]
    def __init__(self, counts: _Optional[_Iterable[_Union[CategoryCount, _Mapping]]] = ...) -> None: ...

class ObjectMask(_message.Message):
    __slots__ = ("category_id", "mask", "crowd", "origin")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    CROWD_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    mask: Mask
    crowd: bool
    origin: ObjectOrigin
    def __init__(self, category_id: _Optional[int] = ..., mask: _Optional[_Union[Mask, _Mapping]] = ..., crowd: _Optional[bool] = ..., origin: _Optional[_Union[ObjectOrigin, _Mapping]] = ...) -> None: ...

class ObjectProposal(_message.Message):
    __slots__ = ("category_id", "mask", "predicted_iou", "confidence", "id")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_IOU_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    mask: Mask
    predicted_iou: float
    confidence: float
    id: str
    def __init__(self, category_id: _Optional[int] = ..., mask: _Optional[_Union[Mask, _Mapping]] = ..., predicted_iou: _Optional[float] = ..., confidence: _Optional[float] = ..., id: _Optional[str] = ...) -> None: ...

class ObjectOrigin(_message.Message):
    __slots__ = ("verdict", "proposal_id", "prompted", "iou", "reclassified", "edits", "seconds")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    PROMPTED_FIELD_NUMBER: _ClassVar[int]
    IOU_FIELD_NUMBER: _ClassVar[int]
    RECLASSIFIED_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    proposal_id: str
    prompted: bool
    iou: float
    reclassified: bool
    edits: int
    seconds: float
    def __init__(self, verdict: _Optional[_Union[Verdict, str]] = ..., proposal_id: _Optional[str] = ..., prompted: _Optional[bool] = ..., iou: _Optional[float] = ..., reclassified: _Optional[bool] = ..., edits: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class RejectedProposal(_message.Message):
    __slots__ = ("proposal_id", "prompted", "edits", "seconds")
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    PROMPTED_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    proposal_id: str
    prompted: bool
    edits: int
    seconds: float
    def __init__(self, proposal_id: _Optional[str] = ..., prompted: _Optional[bool] = ..., edits: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class Review(_message.Message):
    __slots__ = ("model_version", "rejected", "proposals")
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    rejected: _containers.RepeatedCompositeFieldContainer[RejectedProposal]
    proposals: _containers.RepeatedCompositeFieldContainer[ObjectProposal]
    def __init__(self, model_version: _Optional[str] = ..., rejected: _Optional[_Iterable[_Union[RejectedProposal, _Mapping]]] = ..., proposals: _Optional[_Iterable[_Union[ObjectProposal, _Mapping]]] = ...) -> None: ...

class ObjectMasks(_message.Message):
    __slots__ = ("objects", "review")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectMask]
    review: Review
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectMask, _Mapping]]] = ..., review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class ImageLevel(_message.Message):
    __slots__ = ("category_ids",)
    CATEGORY_IDS_FIELD_NUMBER: _ClassVar[int]
    category_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, category_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class ObjectPoint(_message.Message):
    __slots__ = ("category_id", "point")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    point: Point
    def __init__(self, category_id: _Optional[int] = ..., point: _Optional[_Union[Point, _Mapping]] = ...) -> None: ...

class Points(_message.Message):
    __slots__ = ("points",)
    POINTS_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[ObjectPoint]
    def __init__(self, points: _Optional[_Iterable[_Union[ObjectPoint, _Mapping]]] = ...) -> None: ...

class Scribble(_message.Message):
    __slots__ = ("category_id", "path")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    path: _containers.RepeatedCompositeFieldContainer[Point]
    def __init__(self, category_id: _Optional[int] = ..., path: _Optional[_Iterable[_Union[Point, _Mapping]]] = ...) -> None: ...

class Scribbles(_message.Message):
    __slots__ = ("scribbles",)
    SCRIBBLES_FIELD_NUMBER: _ClassVar[int]
    scribbles: _containers.RepeatedCompositeFieldContainer[Scribble]
    def __init__(self, scribbles: _Optional[_Iterable[_Union[Scribble, _Mapping]]] = ...) -> None: ...

class ObjectBox(_message.Message):
    __slots__ = ("category_id", "x", "y", "width", "height")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    x: float
    y: float
    width: float
    height: float
    def __init__(self, category_id: _Optional[int] = ..., x: _Optional[float] = ..., y: _Optional[float] = ..., width: _Optional[float] = ..., height: _Optional[float] = ...) -> None: ...

class Boxes(_message.Message):
    __slots__ = ("boxes",)
    BOXES_FIELD_NUMBER: _ClassVar[int]
    boxes: _containers.RepeatedCompositeFieldContainer[ObjectBox]
    def __init__(self, boxes: _Optional[_Iterable[_Union[ObjectBox, _Mapping]]] = ...) -> None: ...

class OodAnswer(_message.Message):
    __slots__ = ("category_id",)
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    def __init__(self, category_id: _Optional[int] = ...) -> None: ...
