"""What clients were told against what is stored and charged.

Every check is a plain function of the journals' calls and of what the server keeps. It gives one line for each promise
that was broken, and says what to look at.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from tests.chaos.fuzzing import NEVER
from tests.chaos.journal import REFUSALS, Call, Outcome
from tests.chaos.leases import shared_leases
from tests.chaos.people import PATHS
from tests.chaos.stored import Stored

ROUNDING_S = 1e-4
"""Books are kept in whole milliseconds."""
Check = Callable[[Sequence[Call], Stored], Iterator[str]]


def broken_promises(
    calls: Sequence[Call], stored: Stored, jumps: Sequence[float] = (), hidden: Sequence[str] = ()
) -> list[str]:
    """All that is wrong, in words.

    Args:
        calls: of all clients.
        stored: read when nobody was at work any more and long work had ended.
        jumps: when the server's clock was put ahead, by the machine's monotonic clock.
        hidden: texts of the server's machine that no answer may tell.
    """
    found = [line for check in CHECKS for line in check(calls, stored)]
    return [*found, *shared_leases(calls, jumps), *_told(calls, hidden)]


def codes(calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """No answer is UNKNOWN or INTERNAL; no operation ends so but one whose worker was killed again and again."""
    for call in calls:
        for attempt in call.attempts:
            if attempt.code in NEVER:
                yield f"{call.id} {call.name}: answered {attempt.code}: {attempt.said}"
    for operation in stored.operations:
        if operation.HasField("error") and operation.error.code in (2, 13) and "died" not in operation.error.message:
            yield f"{operation.name} ended with {operation.error.code}: {operation.error.message}"


def answered_alike(calls: Sequence[Call], _stored: Stored) -> Iterator[str]:
    """The same request id gets the same answer, however often and across kills."""
    for call in calls:
        answers = {_lasting(call, attempt.answer) for attempt in call.accepted}
        if len(answers) > 1 and not call.name.startswith(("Get", "List", "Read", "Export", "Wait")):
            yield f"{call.id} {call.name}: {len(answers)} different answers to one request id"
        again = call.attempts[call.attempts.index(call.accepted[0]) :] if call.accepted else []
        for attempt in again:
            if attempt.code in REFUSALS - {"RESOURCE_EXHAUSTED"}:
                yield f"{call.id} {call.name}: refused when it came again: {attempt.code}: {attempt.said}"


def acknowledged_labels(calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """Every label that was answered is there once, as it was answered."""
    kept: dict[str, list[Any]] = defaultdict(list)
    for label in stored.labels:
        kept[label.id].append(_uncorrected(label))
    for call in _of(calls, "SubmitLabels"):
        for label in _answer(call).labels if call.accepted else ():
            there = kept.get(label.id, [])
            if not there:
                yield f"{call.id}: label {label.id} of image {label.draft.image_id} was answered and is lost"
            elif len(there) > 1:
                yield f"{call.id}: label {label.id} is kept {len(there)} times"
            elif there[0] != _uncorrected(label):
                yield f"{call.id}: label {label.id} is kept otherwise than it was answered"


def nothing_let_in(calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """No label is kept that nobody sent, that was refused, or more often than it was sent."""
    sent: Counter[bytes] = Counter()
    for call in _of(calls, "SubmitLabels"):
        if call.outcome is not Outcome.REFUSED:
            request = _request(call)
            sent.update(_said(draft, request.annotator) for draft in request.labels)
    known = _labels_of_imports(calls)
    by_people = [label for label in stored.labels if label.draft.image_id not in known]
    kept = Counter(_said(label.draft, label.annotator) for label in by_people)
    for said, number in (kept - sent).items():
        which = next(label for label in by_people if _said(label.draft, label.annotator) == said)
        yield f"label {which.id} of image {which.draft.image_id} by {which.annotator!r} was let in {number} times"


def one_current_label(_calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """Of an image and kind one label is current, and corrections are chains without a fork."""
    current = Counter(
        (label.draft.image_id, label.draft.WhichOneof("supervision"))
        for label in stored.labels
        if not label.superseded_by
    )
    for (image_id, kind), number in current.items():
        if number > 1:
            yield f"image {image_id} has {number} current labels of kind {kind}"
    by_id = {label.id: label for label in stored.labels}
    corrected = Counter(label.draft.supersedes for label in stored.labels if label.draft.supersedes)
    for label_id, number in corrected.items():
        if number > 1 or label_id not in by_id:
            yield f"label {label_id} is corrected by {number} labels, and is {'' if label_id in by_id else 'not '}there"
    for label in stored.labels:
        after = by_id.get(label.superseded_by)
        if label.superseded_by and (after is None or after.draft.supersedes != label.id):
            yield f"label {label.id} is corrected by {label.superseded_by}, which says otherwise"


def charges(_calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """A campaign is charged what its labels took, promises what its open leases cost, and keeps to its budget."""
    paid: dict[str, list[Any]] = defaultdict(list)
    for label in stored.labels:
        paid[label.campaign_id].append(label)
    for campaign in stored.campaigns:
        labels = paid[campaign.id]
        open_ = [
            (record.batch.kind, pick)
            for record in stored.batches
            for pick, state in zip(record.batch.picks, record.states, strict=True)
            if record.batch.campaign_id == campaign.id and state == 1
        ]
        full = [label for label in labels if label.draft.HasField("full") and not label.draft.supersedes]
        measured_s = sum(label.draft.seconds_spent for label in labels)
        books = {
            "spent_s": (campaign.spent_s, sum(label.charged_s for label in labels)),
            "reserved_s": (campaign.reserved_s, sum(pick.cost_s for _, pick in open_)),
            "labeled_images": (campaign.labeled_images, len(full)),
            "reserved_images": (campaign.reserved_images, sum(kind == 6 for kind, _ in open_)),
        }
        for kind in campaign.spent_by_kind:
            of_kind = [label for label in labels if _number(label) == kind.kind]
            books |= {
                f"charged_s of kind {kind.kind}": (kind.charged_s, sum(label.charged_s for label in of_kind)),
                f"planned_s of kind {kind.kind}": (kind.planned_s, sum(label.cost_s for label in of_kind)),
            }
        for name, (told, counted) in books.items():
            if abs(told - counted) > ROUNDING_S:
                yield f"campaign {campaign.id}: {name} is {told:g}, and {counted:g} by its labels and leases"
        if campaign.budget.HasField("seconds"):
            beyond_s = campaign.spent_s + campaign.reserved_s - campaign.budget.seconds
            if beyond_s > measured_s + ROUNDING_S:
                yield f"campaign {campaign.id}: {beyond_s:g} s beyond its budget, {measured_s:g} of them measured"
        elif campaign.labeled_images + campaign.reserved_images > campaign.budget.images:
            yield f"campaign {campaign.id}: more images than its budget of {campaign.budget.images}"


def leases_kept(calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """An image is leased once at a time, and what was skipped or given back stays so."""
    states = {
        (record.batch.id, pick.image_id): state
        for record in stored.batches
        for pick, state in zip(record.batch.picks, record.states, strict=True)
    }
    for image_id, number in Counter(image_id for (_, image_id), state in states.items() if state == 1).items():
        if number > 1:
            yield f"image {image_id} is leased {number} times"
    for call in calls:
        if call.name == "SkipImage" and call.accepted:
            skip = _request(call)
            state = states.get((skip.batch_id, skip.image_id))
            if state != 4:
                yield f"{call.id}: image {skip.image_id} was skipped, and is in state {state}"
        if call.name == "SelectBatch" and call.accepted:
            batch = _answer(call)
            for pick in batch.picks:
                if (batch.id, pick.image_id) not in states:
                    yield f"{call.id}: batch {batch.id} with image {pick.image_id} was answered and is lost"
        if call.name == "ReleaseBatch" and call.accepted:
            given = _request(call)
            for image_id in given.image_ids:
                if not given.for_later and states.get((given.batch_id, image_id)) == 1:
                    yield f"{call.id}: image {image_id} was given back, and is leased under the same batch"


def images_kept(calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """Every image that was answered is there with its bytes, and none that nobody sent."""
    kept = {image.id: image for image in stored.images}
    sent: set[str] = set()
    for call in _of(calls, "ImportImages"):
        if call.outcome is not Outcome.REFUSED:
            sent |= {each.file_name for each in _request(call).images}
        for image, given in zip(_answer(call).images if call.accepted else (), _request(call).images, strict=False):
            there = kept.get(image.id)
            digest = hashlib.sha256(given.data).hexdigest()
            if there is None:
                yield f"{call.id}: image {image.id} was answered and is lost"
            elif not there.sha256 == digest == stored.digests[image.id]:
                yield f"{call.id}: image {image.id} has not the bytes that were sent"
    for image in stored.images:
        if image.file_name not in sent:
            yield f"image {image.id}, {image.file_name}, was let in"


def operations_end(calls: Sequence[Call], stored: Stored) -> Iterator[str]:
    """Long work that was answered is there and has ended, once for each request."""
    kept = {operation.name: operation for operation in stored.operations}
    asked, most = set(), 0
    for call in calls:
        if PATHS[call.name].answers.full_name != "google.longrunning.Operation" or call.name in (
            "GetOperation",
            "WaitOperation",
        ):
            continue
        most += call.outcome is not Outcome.REFUSED
        if call.accepted:
            name = _answer(call).name
            asked.add(name)
            if name not in kept:
                yield f"{call.id} {call.name}: {name} was answered and is lost"
    for name, operation in kept.items():
        if not operation.done:
            yield f"{name} has not ended"
        if operation.HasField("response") and operation.response.type_url.endswith("ModelVersion"):
            version = operation.response.value
            if not any(model.id.encode() in version for model in stored.models):
                yield f"{name}: its model version is not there"
    if len(kept) > most:
        yield f"{len(kept)} operations, and {most} were asked for"


CHECKS: tuple[Check, ...] = (
    codes,
    answered_alike,
    acknowledged_labels,
    nothing_let_in,
    one_current_label,
    charges,
    leases_kept,
    images_kept,
    operations_end,
)


def _told(calls: Sequence[Call], hidden: Sequence[str]) -> Iterator[str]:
    told = set()
    for call in calls:
        for attempt in call.attempts:
            for text in hidden:
                if text in attempt.said and (call.name, text) not in told:
                    told.add((call.name, text))
                    yield f"{call.id} {call.name}: {attempt.code} tells {text}: {attempt.said}"


def _of(calls: Sequence[Call], name: str) -> Iterator[Call]:
    return (call for call in calls if call.name == name)


def _request(call: Call) -> Any:
    message: Any = PATHS[call.name].question()
    message.ParseFromString(call.request)
    return message


def _answer(call: Call) -> Any:
    return PATHS[call.name].answer(call.accepted[0].answer)


def _lasting(call: Call, data: bytes) -> bytes:
    """What of an answer must not change: of long work its name, of images all but the split that labels move."""
    if PATHS[call.name].gives_many:
        return data
    answer: Any = PATHS[call.name].answer(data)
    if answer.DESCRIPTOR.full_name == "google.longrunning.Operation":
        return str(answer.name).encode()
    if call.name == "ImportImages":
        for image in answer.images:
            image.ClearField("split")
    return bytes(answer.SerializeToString(deterministic=True))


def _uncorrected(label: Message) -> bytes:
    """A label's bytes, whether or not it was corrected since."""
    copy: Any = type(label)()
    copy.CopyFrom(label)
    copy.ClearField("superseded_by")
    return bytes(copy.SerializeToString(deterministic=True))


def _said(draft: Any, annotator: str) -> bytes:
    return annotator.encode() + b"\0" + bytes(draft.SerializeToString(deterministic=True))


def _number(label: Any) -> int:
    kind = label.draft.WhichOneof("supervision").upper()
    return int(
        label.draft.DESCRIPTOR.file.enum_types_by_name["SupervisionKind"]
        .values_by_name[f"SUPERVISION_KIND_{kind}"]
        .number
    )


def _labels_of_imports(calls: Sequence[Call]) -> set[str]:
    """Ids of the images that came with their label."""
    known = set()
    for call in _of(calls, "ImportImages"):
        if call.accepted:
            pairs = zip(_answer(call).images, _request(call).images, strict=True)
            known |= {image.id for image, given in pairs if given.HasField("label") or given.HasField("boxes")}
    return known
