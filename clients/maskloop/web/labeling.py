"""What annotators ask of the page's server: images in, labels out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskloop.errors import FailedPrecondition, ForeignLease, InvalidArgument, NotFound
from maskloop.values import Batch, SkipReason, SupervisionKind
from maskloop.web.access import Access
from maskloop.web.documents import (
    MOST_LABELS,
    MOST_PROMPTS,
    Part,
    batch_document,
    label_document,
    project_document,
    prompted_document,
    read_draft,
    read_prompt,
    sheet_document,
)
from maskloop.web.errors import TOO_LARGE, too_slow
from maskloop.web.threads import WITHIN_S, Threads
from maskloop.web.tiles import Tiles
from maskloop.web.work import HandIn, Wish, WorkOf, WorkSource

Document = dict[str, Any]
MOST_IMAGES = 100  # of one batch: people look at one after the other
BODY_WITHIN_S = 60.0
SMALL_BYTES = 1024 * 1024
"""Of what is read while others wait; labels are read beside them."""
TILES_AT_ONCE, PROMPTS_AT_ONCE = 4, 8
SLOW_S = 120.0  # for what carries files, many labels, or asks a network
MOST_DIGITS = 9
KEPT_FOR_EVER = "private, max-age=31536000, immutable"


async def read_body(request: Request, most_bytes: int = SMALL_BYTES) -> bytes:
    """The body of a request in JSON.

    Raises:
        InvalidArgument: it is said to be something else.
        HTTPException: it does not arrive, or is larger than `most_bytes`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise InvalidArgument(f"the body is {kind[:60] or 'of no kind'}, not application/json", field="content-type")
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await _read(request, most_bytes)
    except TimeoutError as error:
        raise too_slow() from error


async def _read(request: Request, most_bytes: int) -> bytes:
    data = bytearray()
    async for part in request.stream():
        if len(data) + len(part) > most_bytes:
            raise HTTPException(TOO_LARGE, f"The request is larger than {most_bytes} bytes.")
        data += part
    return bytes(data)


def _read_wish(part: Part, annotator: str) -> Wish:
    """What an annotator asks for; whether for testing need not be said."""
    names = ["campaign", "kind", "images", "request_id"]
    said = isinstance(part.value, dict) and "for_test" in part.value
    campaign, kind, images, request_id, *test = part.fields(*names, *(["for_test"] if said else []))
    wanted = None if kind.value == "" else kind.one_of(SupervisionKind)
    for_test = any(each.flag() for each in test)
    return Wish(annotator, campaign.text(), wanted, images.integer(1, MOST_IMAGES), request_id.name(), for_test)


def _number(text: str) -> int:
    """A number of an address, where nothing but a number leads anywhere."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise NotFound("There is no such page.")
    return int(text)


class Labeling:
    """The routes of annotators.

    Args:
        work_of: where images come from and labels go, for whoever asks.
        access: knows what callers are called.
        threads: where calls block; tiles and prompts have their own, so that labels need not wait for them.
        clock: tells the time.
    """

    def __init__(
        self,
        work_of: WorkOf,
        access: Access,
        threads: Threads,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._work_of = work_of
        self._access = access
        self._threads = threads
        self._clock = clock
        self._tiles = Tiles()
        self._cutting, self._asking = Threads(TILES_AT_ONCE), Threads(PROMPTS_AT_ONCE)

    def close(self) -> None:
        """Begin no tile and no prompt any more."""
        self._cutting.close()
        self._asking.close()

    def routes(self) -> list[Route]:
        """All of them, by their paths."""
        project = "/api/projects/{project}"
        batch, image = f"{project}/batches/{{batch}}", f"{project}/images/{{image}}"
        get, post = ["GET"], ["POST"]
        return [
            Route("/api/projects", self._projects, methods=get),
            Route(project, self._project, methods=get),
            Route(f"{project}/batches", self._lease, methods=post),
            Route(batch, self._batch, methods=get),
            Route(f"{batch}/renew", self._renew, methods=post),
            Route(f"{batch}/release", self._release, methods=post),
            Route(f"{batch}/skip", self._skip, methods=post),
            Route(f"{batch}/images/{{image}}", self._sheet, methods=get),
            Route(f"{image}/tiles/{{level}}/{{x}}/{{y}}", self._tile, methods=get),
            Route(f"{image}/propose", self._propose, methods=post),
            Route(f"{image}/label", self._label, methods=get),
            Route(f"{image}/sheet", self._recorded_sheet, methods=get),
            Route(f"{project}/labels", self._submit, methods=post),
        ]

    async def _projects(self, request: Request) -> Response:
        def answer(source: WorkSource) -> Document:
            every = source.projects()
            return {"projects": [{"id": each.id, "name": each.display_name or each.id} for each in every]}

        return await self._answer(request, answer)

    async def _project(self, request: Request) -> Response:
        project_id = request.path_params["project"]

        def answer(source: WorkSource) -> Document:
            project = source.project(project_id)
            return project_document(project, source.campaigns(project_id))

        return await self._answer(request, answer)

    async def _lease(self, request: Request) -> Response:
        project_id, annotator = request.path_params["project"], self._annotator(request)
        data = await read_body(request)

        def answer(source: WorkSource) -> Document:
            return self._document(source, source.lease(project_id, _read_wish(Part.parse(data), annotator)))

        return await self._answer(request, answer, SLOW_S)

    async def _batch(self, request: Request) -> Response:
        return await self._answer(request, lambda source: self._document(source, self._own_batch(source, request)))

    async def _renew(self, request: Request) -> Response:
        project_id, batch_id, annotator = self._held(request)
        Part.parse(await read_body(request)).fields()
        return await self._answer(
            request, lambda source: self._document(source, source.renew(project_id, batch_id, annotator))
        )

    async def _release(self, request: Request) -> Response:
        project_id, batch_id, annotator = self._held(request)
        (images,) = Part.parse(await read_body(request)).fields("images")
        ids = [item.name() for item in images.items(MOST_LABELS)]

        def answer(source: WorkSource) -> Document:
            source.release(project_id, batch_id, annotator, ids)
            return {}

        return await self._answer(request, answer)

    async def _skip(self, request: Request) -> Response:
        project_id, batch_id, annotator = self._held(request)
        image, why = Part.parse(await read_body(request)).fields("image", "reason")
        image_id, reason = image.name(), why.one_of(SkipReason)
        if reason is SkipReason.OVER_BUDGET:
            raise InvalidArgument(f"{why.where}: nobody but a program says {reason}", field=why.where)

        def answer(source: WorkSource) -> Document:
            source.skip(project_id, batch_id, annotator, image_id, reason)
            return {}

        return await self._answer(request, answer)

    async def _sheet(self, request: Request) -> Response:
        project_id, image_id = request.path_params["project"], request.path_params["image"]

        def answer(source: WorkSource) -> Document:
            batch = self._own_batch(source, request)
            image = source.image(project_id, image_id)
            label = source.label(project_id, image_id, batch.kind)
            proposals = None if label else source.proposals(batch, image_id)
            return sheet_document(image, proposals, label)

        return await self._answer(request, answer)

    async def _tile(self, request: Request) -> Response:
        place = request.path_params
        level, x, y = (_number(place[name]) for name in ("level", "x", "y"))

        source = self._work_of(request)

        def cut() -> bytes:
            image = source.image(place["project"], place["image"])
            return self._tiles.tile(image, level, x, y, lambda: source.read_image(image.project_id, image.id))

        data = await self._cutting.run(cut, SLOW_S)
        return Response(data, media_type="image/jpeg", headers={"cache-control": KEPT_FOR_EVER, "vary": "cookie"})

    async def _propose(self, request: Request) -> Response:
        project_id, image_id = request.path_params["project"], request.path_params["image"]
        prompts, version = Part.parse(await read_body(request)).fields("prompts", "model_version")
        shown = tuple(map(read_prompt, prompts.items(MOST_PROMPTS)))
        model_version = version.text()

        def answer(source: WorkSource) -> Document:
            return prompted_document(source.propose(project_id, image_id, shown, model_version))

        return JSONResponse(await self._asking.run(partial(answer, self._work_of(request)), SLOW_S))

    async def _label(self, request: Request) -> Response:
        project_id, image_id = request.path_params["project"], request.path_params["image"]
        kind = Part(request.query_params.get("kind"), "kind").one_of(SupervisionKind)

        def answer(source: WorkSource) -> Document:
            label = source.label(project_id, image_id, kind)
            return {"label": label_document(label) if label else None}

        return await self._answer(request, answer)

    async def _recorded_sheet(self, request: Request) -> Response:
        """An image with what is on record of it, for whoever corrects it."""
        project_id, image_id = request.path_params["project"], request.path_params["image"]
        kind = Part(request.query_params.get("kind"), "kind").one_of(SupervisionKind)

        def answer(source: WorkSource) -> Document:
            label = source.label(project_id, image_id, kind)
            return sheet_document(source.image(project_id, image_id), None, label)

        return await self._answer(request, answer)

    async def _submit(self, request: Request) -> Response:
        project_id, annotator = request.path_params["project"], self._annotator(request)
        data = await read_body(request, self._access.most_body_bytes)

        def answer(source: WorkSource) -> Document:
            batch, request_id, labels = Part.parse(data).fields("batch", "request_id", "labels")
            drafts = tuple(map(read_draft, labels.items(MOST_LABELS)))
            hand_in = HandIn(annotator, batch.text(), drafts, request_id.name())
            kept = source.submit(project_id, hand_in)
            return {"labels": [label_document(label) for label in kept]}

        return await self._answer(request, answer, SLOW_S)

    async def _answer(
        self, request: Request, make: Callable[[WorkSource], Document], within_s: float = WITHIN_S
    ) -> Response:
        return JSONResponse(await self._threads.run(partial(make, self._work_of(request)), within_s))

    def _annotator(self, request: Request) -> str:
        name = self._access.annotator(request)
        if not name:
            raise FailedPrecondition("Say who you are first: choose a name on the first page.", field="annotator")
        return name

    def _held(self, request: Request) -> tuple[str, str, str]:
        return request.path_params["project"], request.path_params["batch"], self._annotator(request)

    def _own_batch(self, source: WorkSource, request: Request) -> Batch:
        """The batch of the caller; that of another is told by its holder.

        Raises:
            ForeignLease: it is another annotator's.
        """
        project_id, batch_id, annotator = self._held(request)
        batch = source.batch(project_id, batch_id)
        if batch.annotator != annotator:
            raise ForeignLease(f"batch {batch_id} is leased to {batch.annotator}, not to {annotator}", field="batch_id")
        return batch

    def _document(self, source: WorkSource, batch: Batch) -> Document:
        ids = (pick.image_id for pick in batch.picks)
        images = {image_id: source.image(batch.project_id, image_id) for image_id in ids}
        return batch_document(batch, images, self._clock())
