"""Every error Maskloop raises on purpose, on both sides of the wire.

The tree, with the gRPC status each class travels as (by name; nothing here knows gRPC) and who acts:

    MaskloopError
    ├── InvalidArgument          INVALID_ARGUMENT     the caller mends the request
    │   ├── InvalidImage             the bytes are not a picture we take
    │   ├── InvalidMask              a mask that does not fit its image, or does not decode
    │   ├── InvalidLabel             a label that contradicts the project's vocabulary or itself
    │   ├── InvalidPrompt            a prompt that shows no object, or leaves its image
    │   ├── InvalidDataset           a data set on disk (COCO, VOC) that does not hold together
    │   ├── InvalidBudget            zero, negative, unreadable, or too small for one image
    │   ├── InvalidConfig            an unknown key or an impossible value in a configuration
    │   ├── WorkTooLarge             a training beyond what the server allows; lower what the text names
    │   └── RequestIdReused          the same request id with another content
    ├── UnsupportedSupervision   UNIMPLEMENTED        a supervision kind that nobody gives, or exports
    ├── UnsupportedPrompts       UNIMPLEMENTED        take a model version of a recipe that can be prompted
    ├── NotFound                 NOT_FOUND            the caller names something that exists
    │   └── ProjectNotFound, ImageNotFound, CampaignNotFound, BatchNotFound, LabelNotFound, ModelNotFound,
    │       ClassifierNotFound, OperationNotFound, TokenNotFound
    ├── AlreadyExists            ALREADY_EXISTS       the caller picks another name
    ├── FailedPrecondition       FAILED_PRECONDITION  something else must happen first
    │   ├── NoActiveModel            train (or activate) a model
    │   ├── PoolNotScored            score the pool with the active model
    │   ├── SelectionNotPrepared     prepare the selection by this strategy
    │   ├── NoClassifier             train an image classifier, which reads the candidate OoD images
    │   ├── ImageFileChanged         put the file back that an image refers to
    │   ├── ModelThinned             take a model version whose files were not removed
    │   ├── NothingToMeasure         label images of the split in which there is something
    │   └── LeaseLost                the lease expired or was given back; select again
    ├── Unauthenticated          UNAUTHENTICATED      show a token that is valid
    ├── PermissionDenied         PERMISSION_DENIED
    │   ├── ForeignLease             the image is leased to another annotator
    │   ├── ForeignName              an annotator's token says who labels; leave the name out
    │   └── UriOutsideRoots          the uri lies under none of the configured image roots
    ├── ResourceExhausted        RESOURCE_EXHAUSTED
    │   ├── BudgetExhausted          the label costs more than the campaign has left
    │   ├── QueueFull                retry after `retry_after_s`
    │   ├── OutOfMemory              lower what the text names, or use a larger machine
    │   └── StorageFull              an operator makes room on the disk
    ├── Aborted                  ABORTED
    │   └── EtagMismatch             read the resource again, then retry
    ├── Cancelled                CANCELLED            somebody cancelled the operation
    ├── DeadlineExceeded         DEADLINE_EXCEEDED    the caller may retry idempotent calls
    ├── Unavailable              UNAVAILABLE          the server is not there; retry
    └── InternalError            INTERNAL             a fault of ours; the text carries an incident id only

All classes share one constructor, so that a client rebuilds the class by its name.
"""

from __future__ import annotations

from typing import ClassVar


class MaskloopError(Exception):
    """Base of the tree.

    Args:
        message: what is wrong and where, in one or two sentences for a person.
        field: path of the offending request field or file entry, "" when there is none.
        retry_after_s: seconds after which the same call may succeed, `None` when retrying will not help.
        details: names and values a program may act on, sent as `google.rpc.ErrorInfo.metadata`.
    """

    code: ClassVar[str] = "UNKNOWN"

    def __init__(self, message: str, *, field: str = "", retry_after_s: float | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s
        self.details = {key: str(value) for key, value in details.items()}

    @property
    def reason(self) -> str:
        """UPPER_SNAKE name of the class, as `google.rpc.ErrorInfo.reason` carries it."""
        return reason_of(type(self))


def reason_of(error_class: type[MaskloopError]) -> str:
    """UPPER_SNAKE form of a class name: `LeaseLost` -> `LEASE_LOST`."""
    name = error_class.__name__
    return "".join(f"_{letter}" if letter.isupper() and place else letter for place, letter in enumerate(name)).upper()


def error_classes() -> dict[str, type[MaskloopError]]:
    """Every class of the tree by its reason; the base itself is left out."""
    classes: dict[str, type[MaskloopError]] = {}
    waiting: list[type[MaskloopError]] = list(MaskloopError.__subclasses__())
    while waiting:
        error_class = waiting.pop()
        classes[reason_of(error_class)] = error_class
        waiting.extend(error_class.__subclasses__())
    return classes


class InvalidArgument(MaskloopError):
    """The request is wrong in itself."""

    code = "INVALID_ARGUMENT"


class InvalidImage(InvalidArgument):
    """The bytes are not a picture we take."""


class InvalidMask(InvalidArgument):
    """A mask does not fit its image, or does not decode."""


class InvalidLabel(InvalidArgument):
    """A label contradicts the project's vocabulary or itself."""


class InvalidPrompt(InvalidArgument):
    """A prompt shows no object, or does not fit its image."""


class InvalidDataset(InvalidArgument):
    """A data set on disk (a COCO file, a VOC folder) does not hold together."""


class InvalidBudget(InvalidArgument):
    """A budget is zero, negative, unreadable, or too small for one image."""


class InvalidConfig(InvalidArgument):
    """A configuration holds an unknown key or an impossible value."""


class WorkTooLarge(InvalidArgument):
    """A training would take more iterations, pixels or memory than the server allows; nothing was begun."""


class RequestIdReused(InvalidArgument):
    """A request id came again with another content."""


class UnsupportedSupervision(MaskloopError):
    """A supervision kind that a labeler does not give, or that is not exported."""

    code = "UNIMPLEMENTED"


class UnsupportedPrompts(MaskloopError):
    """A network whose recipe takes no prompts, or an image that is drawn without help."""

    code = "UNIMPLEMENTED"


class NotFound(MaskloopError):
    """The named resource does not exist."""

    code = "NOT_FOUND"


class ProjectNotFound(NotFound):
    """No such project."""


class ImageNotFound(NotFound):
    """No such image in the project."""


class CampaignNotFound(NotFound):
    """No such campaign."""


class BatchNotFound(NotFound):
    """No such batch."""


class LabelNotFound(NotFound):
    """No such label."""


class ModelNotFound(NotFound):
    """No such model version."""


class ClassifierNotFound(NotFound):
    """No such classifier."""


class OperationNotFound(NotFound):
    """No such operation."""


class TokenNotFound(NotFound):
    """No such token, or none that the caller may see."""


class AlreadyExists(MaskloopError):
    """The name is taken."""

    code = "ALREADY_EXISTS"


class FailedPrecondition(MaskloopError):
    """Something else must happen first."""

    code = "FAILED_PRECONDITION"


class NoActiveModel(FailedPrecondition):
    """The project has no active model version."""


class PoolNotScored(FailedPrecondition):
    """The active model version has not scored the pool."""


class SelectionNotPrepared(FailedPrecondition):
    """The strategy ranks for so long that the selection must have been prepared."""


class NoClassifier(FailedPrecondition):
    """The project has no image classifier."""


class ImageFileChanged(FailedPrecondition):
    """A file that an image refers to is gone, or is not the one any more that was imported."""


class ModelThinned(FailedPrecondition):
    """The files of a model version were removed to save room; what is known of it stays."""


class NothingToMeasure(FailedPrecondition):
    """The split has no labeled image, or none with an object: no quality can be told by it."""


class LeaseLost(FailedPrecondition):
    """The lease expired or was given back."""


class Unauthenticated(MaskloopError):
    """The caller has not shown a token that is valid."""

    code = "UNAUTHENTICATED"


class PermissionDenied(MaskloopError):
    """The caller may not do this."""

    code = "PERMISSION_DENIED"


class ForeignLease(PermissionDenied):
    """The image is leased to another annotator."""


class ForeignName(PermissionDenied):
    """An annotator's token is another person's than the one who is named."""


class UriOutsideRoots(PermissionDenied):
    """The uri lies under none of the configured image roots."""


class ResourceExhausted(MaskloopError):
    """A budget, a queue or a disk is used up."""

    code = "RESOURCE_EXHAUSTED"


class BudgetExhausted(ResourceExhausted):
    """The label costs more than the campaign has left."""


class QueueFull(ResourceExhausted):
    """Too much work is waiting; `retry_after_s` says when to come back."""


class OutOfMemory(ResourceExhausted):
    """The device's memory, or the machine's, is too small for what was asked of it."""


class StorageFull(ResourceExhausted):
    """The disk is full; nothing was changed."""


class Aborted(MaskloopError):
    """Somebody else was faster."""

    code = "ABORTED"


class EtagMismatch(Aborted):
    """The resource changed since it was read."""


class Cancelled(MaskloopError):
    """The operation was cancelled."""

    code = "CANCELLED"


class DeadlineExceeded(MaskloopError):
    """The call took longer than its deadline."""

    code = "DEADLINE_EXCEEDED"


class Unavailable(MaskloopError):
    """The server cannot be reached."""

    code = "UNAVAILABLE"


class InternalError(MaskloopError):
    """A fault of ours; the message carries an incident id, the server's log the rest."""

    code = "INTERNAL"
