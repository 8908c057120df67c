import datetime

from google.longrunning import operations_pb2 as _operations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Classifier(_message.Message):
    __slots__ = ("id", "project_id", "recipe", "seed", "labeled_images", "empty_images", "candidates", "hard_images", "clusters", "metrics", "config_json", "created_at")
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
    EMPTY_IMAGES_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    HARD_IMAGES_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_JSON_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_id: str
    recipe: str
    seed: int
    labeled_images: int
    empty_images: int
    candidates: int
    hard_images: int
    clusters: int
    metrics: _containers.ScalarMap[str, float]
    config_json: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., project_id: _Optional[str] = ..., recipe: _Optional[str] = ..., seed: _Optional[int] = ..., labeled_images: _Optional[int] = ..., empty_images: _Optional[int] = ..., candidates: _Optional[int] = ..., hard_images: _Optional[int] = ..., clusters: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ..., config_json: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TrainClassifierRequest(_message.Message):
    __slots__ = ("project_id", "recipe", "overrides_json", "seed", "clusters", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_JSON_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    recipe: str
    overrides_json: str
    seed: int
    clusters: int
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., recipe: _Optional[str] = ..., overrides_json: _Optional[str] = ..., seed: _Optional[int] = ..., clusters: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetClassifierRequest(_message.Message):
    __slots__ = ("project_id", "classifier")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CLASSIFIER_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    classifier: str
    def __init__(self, project_id: _Optional[str] = ..., classifier: _Optional[str] = ...) -> None: ...

class HardCandidate(_message.Message):
    __slots__ = ("image_id", "category_id", "probability", "cluster")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_ID_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    category_id: int
    probability: float
    cluster: int
    def __init__(self, image_id: _Optional[str] = ..., category_id: _Optional[int] = ..., probability: _Optional[float] = ..., cluster: _Optional[int] = ...) -> None: ...

class ListHardCandidatesRequest(_message.Message):
    __slots__ = ("project_id", "classifier", "per_cluster")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CLASSIFIER_FIELD_NUMBER: _ClassVar[int]
    PER_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    classifier: str
    per_cluster: int
    def __init__(self, project_id: _Optional[str] = ..., classifier: _Optional[str] = ..., per_cluster: _Optional[int] = ...) -> None: ...

class ListHardCandidatesResponse(_message.Message):
    __slots__ = ("candidates",)
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[HardCandidate]
    def __init__(self, candidates: _Optional[_Iterable[_Union[HardCandidate, _Mapping]]] = ...) -> None: ...
