from maskloop.v1 import masks_pb2 as _masks_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PromptBox(_message.Message):
    __slots__ = ("x", "y", "width", "height")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    width: float
    height: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., width: _Optional[float] = ..., height: _Optional[float] = ...) -> None: ...

class PromptPoint(_message.Message):
    __slots__ = ("x", "y", "on_object")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    ON_OBJECT_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    on_object: bool
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., on_object: _Optional[bool] = ...) -> None: ...

class Prompt(_message.Message):
    __slots__ = ("category_id", "box", "points")
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    category_id: int
    box: PromptBox
    points: _containers.RepeatedCompositeFieldContainer[PromptPoint]
    def __init__(self, category_id: _Optional[int] = ..., box: _Optional[_Union[PromptBox, _Mapping]] = ..., points: _Optional[_Iterable[_Union[PromptPoint, _Mapping]]] = ...) -> None: ...

class ProposeMasksRequest(_message.Message):
    __slots__ = ("project_id", "model_version", "image_id", "prompts")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    model_version: str
    image_id: str
    prompts: _containers.RepeatedCompositeFieldContainer[Prompt]
    def __init__(self, project_id: _Optional[str] = ..., model_version: _Optional[str] = ..., image_id: _Optional[str] = ..., prompts: _Optional[_Iterable[_Union[Prompt, _Mapping]]] = ...) -> None: ...

class ProposeMasksResponse(_message.Message):
    __slots__ = ("proposals", "model_version", "uncalibrated")
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    UNCALIBRATED_FIELD_NUMBER: _ClassVar[int]
    proposals: _containers.RepeatedCompositeFieldContainer[_masks_pb2.ObjectProposal]
    model_version: str
    uncalibrated: bool
    def __init__(self, proposals: _Optional[_Iterable[_Union[_masks_pb2.ObjectProposal, _Mapping]]] = ..., model_version: _Optional[str] = ..., uncalibrated: _Optional[bool] = ...) -> None: ...
