from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CorrectionForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CORRECTION_FORM_UNSPECIFIED: _ClassVar[CorrectionForm]
    CORRECTION_FORM_BANDS: _ClassVar[CorrectionForm]
    CORRECTION_FORM_CONTINUOUS: _ClassVar[CorrectionForm]
CORRECTION_FORM_UNSPECIFIED: CorrectionForm
CORRECTION_FORM_BANDS: CorrectionForm
CORRECTION_FORM_CONTINUOUS: CorrectionForm

class OutlinePrice(_message.Message):
    __slots__ = ("fixed_s", "length_s")
    FIXED_S_FIELD_NUMBER: _ClassVar[int]
    LENGTH_S_FIELD_NUMBER: _ClassVar[int]
    fixed_s: float
    length_s: float
    def __init__(self, fixed_s: _Optional[float] = ..., length_s: _Optional[float] = ...) -> None: ...

class ReviewPrices(_message.Message):
    __slots__ = ("look_s", "reject_s", "reclassify_s", "box_s", "correction")
    LOOK_S_FIELD_NUMBER: _ClassVar[int]
    REJECT_S_FIELD_NUMBER: _ClassVar[int]
    RECLASSIFY_S_FIELD_NUMBER: _ClassVar[int]
    BOX_S_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    look_s: float
    reject_s: float
    reclassify_s: float
    box_s: float
    correction: CorrectionForm
    def __init__(self, look_s: _Optional[float] = ..., reject_s: _Optional[float] = ..., reclassify_s: _Optional[float] = ..., box_s: _Optional[float] = ..., correction: _Optional[_Union[CorrectionForm, str]] = ...) -> None: ...

class SecondsEstimate(_message.Message):
    __slots__ = ("planned_s", "estimated_s", "low_s", "high_s", "steps")
    PLANNED_S_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_S_FIELD_NUMBER: _ClassVar[int]
    LOW_S_FIELD_NUMBER: _ClassVar[int]
    HIGH_S_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    planned_s: float
    estimated_s: float
    low_s: float
    high_s: float
    steps: int
    def __init__(self, planned_s: _Optional[float] = ..., estimated_s: _Optional[float] = ..., low_s: _Optional[float] = ..., high_s: _Optional[float] = ..., steps: _Optional[int] = ...) -> None: ...

class CategoryCosts(_message.Message):
    __slots__ = ("category_id", "item")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    item: SecondsEstimate
    def __init__(self, category_id: _Optional[int] = ..., item: _Optional[_Union[SecondsEstimate, _Mapping]] = ...) -> None: ...

class KindCosts(_message.Message):
    __slots__ = ("labels", "left_out", "planned_s", "measured_s", "class_check", "item", "categories")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    PLANNED_S_FIELD_NUMBER: _ClassVar[int]
    MEASURED_S_FIELD_NUMBER: _ClassVar[int]
    CLASS_CHECK_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    labels: int
    left_out: int
    planned_s: float
    measured_s: float
    class_check: SecondsEstimate
    item: SecondsEstimate
    categories: _containers.RepeatedCompositeFieldContainer[CategoryCosts]
    def __init__(self, labels: _Optional[int] = ..., left_out: _Optional[int] = ..., planned_s: _Optional[float] = ..., measured_s: _Optional[float] = ..., class_check: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., item: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., categories: _Optional[_Iterable[_Union[CategoryCosts, _Mapping]]] = ...) -> None: ...

class OutlineFit(_message.Message):
    __slots__ = ("labels", "left_out", "mean_length", "fixed", "length", "error", "flat_error")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    MEAN_LENGTH_FIELD_NUMBER: _ClassVar[int]
    FIXED_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FLAT_ERROR_FIELD_NUMBER: _ClassVar[int]
    labels: int
    left_out: int
    mean_length: float
    fixed: SecondsEstimate
    length: SecondsEstimate
    error: float
    flat_error: float
    def __init__(self, labels: _Optional[int] = ..., left_out: _Optional[int] = ..., mean_length: _Optional[float] = ..., fixed: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., length: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., error: _Optional[float] = ..., flat_error: _Optional[float] = ...) -> None: ...

class ReviewFit(_message.Message):
    __slots__ = ("labels", "left_out", "planned_s", "measured_s", "drawn", "look", "box", "mended")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    PLANNED_S_FIELD_NUMBER: _ClassVar[int]
    MEASURED_S_FIELD_NUMBER: _ClassVar[int]
    DRAWN_FIELD_NUMBER: _ClassVar[int]
    LOOK_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    MENDED_FIELD_NUMBER: _ClassVar[int]
    labels: int
    left_out: int
    planned_s: float
    measured_s: float
    drawn: SecondsEstimate
    look: SecondsEstimate
    box: SecondsEstimate
    mended: SecondsEstimate
    def __init__(self, labels: _Optional[int] = ..., left_out: _Optional[int] = ..., planned_s: _Optional[float] = ..., measured_s: _Optional[float] = ..., drawn: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., look: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., box: _Optional[_Union[SecondsEstimate, _Mapping]] = ..., mended: _Optional[_Union[SecondsEstimate, _Mapping]] = ...) -> None: ...

class CostEstimates(_message.Message):
    __slots__ = ("categories", "counts", "full", "outlines", "boxes", "reviews", "points", "scribbles")
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    OUTLINES_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    SCRIBBLES_FIELD_NUMBER: _ClassVar[int]
    categories: int
    counts: KindCosts
    full: KindCosts
    outlines: OutlineFit
    boxes: KindCosts
    reviews: ReviewFit
    points: KindCosts
    scribbles: KindCosts
    def __init__(self, categories: _Optional[int] = ..., counts: _Optional[_Union[KindCosts, _Mapping]] = ..., full: _Optional[_Union[KindCosts, _Mapping]] = ..., outlines: _Optional[_Union[OutlineFit, _Mapping]] = ..., boxes: _Optional[_Union[KindCosts, _Mapping]] = ..., reviews: _Optional[_Union[ReviewFit, _Mapping]] = ..., points: _Optional[_Union[KindCosts, _Mapping]] = ..., scribbles: _Optional[_Union[KindCosts, _Mapping]] = ...) -> None: ...
