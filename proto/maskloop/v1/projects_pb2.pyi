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

class Split(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPLIT_UNSPECIFIED: _ClassVar[Split]
    SPLIT_POOL: _ClassVar[Split]
    SPLIT_TRAIN: _ClassVar[Split]
    SPLIT_TEST: _ClassVar[Split]
    SPLIT_OOD: _ClassVar[Split]
SPLIT_UNSPECIFIED: Split
SPLIT_POOL: Split
SPLIT_TRAIN: Split
SPLIT_TEST: Split
SPLIT_OOD: Split

class Category(_message.Message):
    __slots__ = ("id", "name", "added_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    added_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., added_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Project(_message.Message):
    __slots__ = ("id", "display_name", "categories", "active_model", "etag", "created_at", "outline_price", "review_prices")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_MODEL_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    OUTLINE_PRICE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_PRICES_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    categories: _containers.RepeatedCompositeFieldContainer[Category]
    active_model: str
    etag: str
    created_at: _timestamp_pb2.Timestamp
    outline_price: _costs_pb2.OutlinePrice
    review_prices: _costs_pb2.ReviewPrices
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., categories: _Optional[_Iterable[_Union[Category, _Mapping]]] = ..., active_model: _Optional[str] = ..., etag: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., outline_price: _Optional[_Union[_costs_pb2.OutlinePrice, _Mapping]] = ..., review_prices: _Optional[_Union[_costs_pb2.ReviewPrices, _Mapping]] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("id", "project_id", "file_name", "uri", "width", "height", "sha256", "split")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_id: str
    file_name: str
    uri: str
    width: int
    height: int
    sha256: str
    split: Split
    def __init__(self, id: _Optional[str] = ..., project_id: _Optional[str] = ..., file_name: _Optional[str] = ..., uri: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., sha256: _Optional[str] = ..., split: _Optional[_Union[Split, str]] = ...) -> None: ...

class CreateProjectRequest(_message.Message):
    __slots__ = ("project_id", "display_name", "categories", "request_id", "outline_price", "review_prices")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OUTLINE_PRICE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_PRICES_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    display_name: str
    categories: _containers.RepeatedCompositeFieldContainer[Category]
    request_id: str
    outline_price: _costs_pb2.OutlinePrice
    review_prices: _costs_pb2.ReviewPrices
    def __init__(self, project_id: _Optional[str] = ..., display_name: _Optional[str] = ..., categories: _Optional[_Iterable[_Union[Category, _Mapping]]] = ..., request_id: _Optional[str] = ..., outline_price: _Optional[_Union[_costs_pb2.OutlinePrice, _Mapping]] = ..., review_prices: _Optional[_Union[_costs_pb2.ReviewPrices, _Mapping]] = ...) -> None: ...

class AddCategoriesRequest(_message.Message):
    __slots__ = ("project_id", "categories", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    categories: _containers.RepeatedCompositeFieldContainer[Category]
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., categories: _Optional[_Iterable[_Union[Category, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetProjectRequest(_message.Message):
    __slots__ = ("project_id",)
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    def __init__(self, project_id: _Optional[str] = ...) -> None: ...

class ListProjectsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProjectsResponse(_message.Message):
    __slots__ = ("projects", "next_page_token")
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    projects: _containers.RepeatedCompositeFieldContainer[Project]
    next_page_token: str
    def __init__(self, projects: _Optional[_Iterable[_Union[Project, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ImageImport(_message.Message):
    __slots__ = ("file_name", "uri", "data", "split", "label", "boxes", "points", "scribbles")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    SCRIBBLES_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    uri: str
    data: bytes
    split: Split
    label: _masks_pb2.ObjectMasks
    boxes: _masks_pb2.Boxes
    points: _masks_pb2.Points
    scribbles: _masks_pb2.Scribbles
    def __init__(self, file_name: _Optional[str] = ..., uri: _Optional[str] = ..., data: _Optional[bytes] = ..., split: _Optional[_Union[Split, str]] = ..., label: _Optional[_Union[_masks_pb2.ObjectMasks, _Mapping]] = ..., boxes: _Optional[_Union[_masks_pb2.Boxes, _Mapping]] = ..., points: _Optional[_Union[_masks_pb2.Points, _Mapping]] = ..., scribbles: _Optional[_Union[_masks_pb2.Scribbles, _Mapping]] = ...) -> None: ...

class ImportImagesRequest(_message.Message):
    __slots__ = ("project_id", "images", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    images: _containers.RepeatedCompositeFieldContainer[ImageImport]
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., images: _Optional[_Iterable[_Union[ImageImport, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportImagesResponse(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    def __init__(self, images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ...) -> None: ...

class GetImageRequest(_message.Message):
    __slots__ = ("project_id", "image_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    image_id: str
    def __init__(self, project_id: _Optional[str] = ..., image_id: _Optional[str] = ...) -> None: ...

class ListImagesRequest(_message.Message):
    __slots__ = ("project_id", "split", "page_size", "page_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    split: Split
    page_size: int
    page_token: str
    def __init__(self, project_id: _Optional[str] = ..., split: _Optional[_Union[Split, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListImagesResponse(_message.Message):
    __slots__ = ("images", "next_page_token")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    next_page_token: str
    def __init__(self, images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReadImageRequest(_message.Message):
    __slots__ = ("project_id", "image_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    image_id: str
    def __init__(self, project_id: _Optional[str] = ..., image_id: _Optional[str] = ...) -> None: ...

class ReadImageResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
