"""What leads may ask for over HTTP. `lead_routes` is the table; each handler reads, calls one function, and answers.

All is JSON, apart from uploads and files. Who may call, and from where, `maskloop.web.access` has checked before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from maskloop.client import Client
from maskloop.errors import InvalidArgument
from maskloop.values import Budget, OperationKind, SupervisionKind
from maskloop.web.documents import Part
from maskloop.web.documents.operations import operation_document
from maskloop.web.labeling import SLOW_S, read_body
from maskloop.web.leading import batches, campaign, exports, gallery, making, networks, review
from maskloop.web.leading.events import OperationFeed
from maskloop.web.leading.exports import File, MakeReport, Reports
from maskloop.web.leading.rounds import Rounds
from maskloop.web.threads import Threads

PROJECT = "/api/projects/{project}"
LEAD = f"{PROJECT}/lead"
MOST_FILES = 500
"""Of one upload."""
MOST_FILE_BYTES = 63 * 1024 * 1024
LOOKS_AT_ONCE = 2  # at long work, for all who listen: a slow server must not take every thread for it
REPORT_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""A report is one page with its pictures and styles inside; nothing in it runs, or reaches anything."""

Handler = Callable[[Request], Awaitable[Response]]


class Lead:
    """The handlers, over one server.

    Args:
        client: of the server.
        make_report: writes a campaign's report into a folder.
        threads: where calls block.
        clock: the present moment.
    """

    def __init__(
        self,
        client: Client,
        make_report: MakeReport,
        threads: Threads,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._threads = threads
        self._reports = Reports(make_report)
        self._rounds = Rounds(client)
        self._telling = Threads(LOOKS_AT_ONCE)
        self._feed = OperationFeed(client, self._telling)
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The table of all that leads may ask for."""
        reads: dict[str, Handler] = {
            "/api/lead/choices": self._answers(lambda request: making.read_choices()),
            f"{LEAD}/campaigns/{{campaign}}": self._answers(self._campaign),
            f"{LEAD}/batches": self._answers(self._batches),
            f"{LEAD}/review": self._answers(lambda request: review.read_review(self._client, _project(request))),
            f"{LEAD}/networks": self._answers(self._networks),
            f"{PROJECT}/events": self._feed.answer,
            f"{LEAD}/round": self._answers(lambda request: {"round": self._standing(_project(request))}),
            f"{LEAD}/gallery": self._answers(self._gallery),
            f"{LEAD}/labels/{{kind}}": self._labels,
            f"{LEAD}/campaigns/{{campaign}}/report/{{name}}": self._report_file,
        }
        writes: dict[str, Handler] = {
            f"{LEAD}/project": self._takes(self._make_project),
            f"{LEAD}/images": self._take_images,
            f"{LEAD}/campaigns": self._takes(self._make_campaign),
            f"{LEAD}/campaigns/{{campaign}}/budget": self._takes(self._change_budget),
            f"{LEAD}/campaigns/{{campaign}}/report": self._takes(self._write_report),
            f"{LEAD}/activate": self._takes(self._activate),
            f"{LEAD}/rollback": self._takes(self._roll_back),
            f"{LEAD}/work": self._takes(self._start_work),
            f"{LEAD}/work/{{operation}}/cancel": self._takes(self._cancel),
            f"{LEAD}/round": self._takes(self._start_round),
            f"{LEAD}/round/stop": self._takes(self._stop_round),
        }
        asked = [Route(path, handler, methods=["GET"]) for path, handler in reads.items()]
        return [*asked, *(Route(path, handler, methods=["POST"]) for path, handler in writes.items())]

    def close(self) -> None:
        """Look no more at long work, and remove what was written for downloads."""
        self._telling.close()
        self._reports.close()

    def _campaign(self, request: Request) -> dict[str, object]:
        return campaign.read_campaign(self._client, _project(request), request.path_params["campaign"])

    def _batches(self, request: Request) -> dict[str, object]:
        wanted = request.query_params.get("campaign", "")
        return batches.read_batches(self._client, _project(request), wanted, self._clock())

    def _networks(self, request: Request) -> dict[str, object]:
        return {**networks.read_networks(self._client, _project(request)), "round": self._standing(_project(request))}

    def _standing(self, project_id: str) -> dict[str, object] | None:
        standing = self._rounds.standing(project_id)
        return None if standing is None else asdict(standing)

    def _gallery(self, request: Request) -> dict[str, object]:
        text = request.query_params.get("first", "0")
        if not text.isdecimal() or len(text) > 9:
            raise InvalidArgument(f"first is {text!r:.40}, no whole number", field="first")
        return gallery.read_gallery(self._client, _project(request), int(text))

    async def _labels(self, request: Request) -> Response:
        kind = Part(request.path_params["kind"], "kind").one_of(SupervisionKind)
        export = partial(exports.export_labels, self._client, _project(request), kind)
        return _download(await self._threads.run(export, SLOW_S))

    async def _report_file(self, request: Request) -> Response:
        path = request.path_params
        file = await self._threads.run(partial(self._reports.read, path["project"], path["campaign"], path["name"]))
        if "view" in request.query_params and file.type == "text/html":
            return Response(file.data, media_type=file.type, headers={"content-security-policy": REPORT_POLICY})
        return _download(file)

    def _make_project(self, request: Request, body: Part) -> dict[str, object]:
        name, classes, request_id = body.fields("name", "classes", "request_id")
        named = [each.name().strip() for each in classes.items()]
        made = making.make_project(self._client, _project(request), name.text(), named, request_id.name())
        return {"id": made.id}

    async def _take_images(self, request: Request) -> Response:
        async with request.form(max_files=MOST_FILES, max_fields=0, max_part_size=MOST_FILE_BYTES) as form:
            parts = [part for part in form.getlist("images") if isinstance(part, UploadFile)]
            files = [(part.filename or "", await part.read()) for part in parts]
        taken = await self._threads.run(partial(making.take_images, self._client, _project(request), files), SLOW_S)
        return JSONResponse(asdict(taken))

    def _make_campaign(self, request: Request, body: Part) -> dict[str, object]:
        id_, budget, strategy, seed, request_id = body.fields("id", "budget", "strategy", "seed", "request_id")
        wish: dict[str, str | int] = {"budget": budget.name(), "strategy": strategy.name(), "seed": seed.integer()}
        made = making.make_campaign(self._client, _project(request), id_.name(), wish, request_id.name())
        return {"id": made.id}

    def _change_budget(self, request: Request, body: Part) -> dict[str, object]:
        budget, request_id = body.fields("budget", "request_id")
        changed = self._client.update_campaign_budget(
            project_id=_project(request),
            campaign_id=request.path_params["campaign"],
            budget=Budget.parse(budget.name()),
            request_id=request_id.name(),
        )
        return {"budget_s": changed.budget.seconds, "budget_images": changed.budget.images}

    def _write_report(self, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        return {"files": list(self._reports.write(_project(request), request.path_params["campaign"]))}

    def _activate(self, request: Request, body: Part) -> dict[str, object]:
        (version,) = body.fields("model_version")
        made = self._client.activate_model(project_id=_project(request), model_version=version.name())
        return {"active": made.id}

    def _roll_back(self, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        etag = self._client.get_project(project_id=_project(request)).etag
        return {"active": self._client.rollback_model(project_id=_project(request), etag=etag).id}

    def _start_work(self, request: Request, body: Part) -> dict[str, object]:
        kind, version, request_id = body.fields("kind", "model_version", "request_id")
        begun = networks.start(
            self._client, _project(request), kind.one_of(OperationKind), version.text(), request_id.name()
        )
        return operation_document(begun)

    def _cancel(self, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        self._client.cancel_operation(operation_id=request.path_params["operation"])
        return {}

    def _start_round(self, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        return asdict(self._rounds.start(_project(request)))

    def _stop_round(self, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        self._rounds.stop(_project(request))
        return {}

    def _answers(self, read: Callable[[Request], dict[str, Any]]) -> Handler:
        async def handler(request: Request) -> Response:
            return JSONResponse(await self._threads.run(partial(read, request), SLOW_S))

        return handler

    def _takes(self, write: Callable[[Request, Part], dict[str, Any]]) -> Handler:
        async def handler(request: Request) -> Response:
            body = Part.parse(await read_body(request))
            return JSONResponse(await self._threads.run(partial(write, request, body), SLOW_S))

        return handler


def _project(request: Request) -> str:
    return str(request.path_params["project"])


def _download(file: File) -> Response:
    """A file to be kept. Its name is of ids, which need no quoting."""
    headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.type, headers=headers)
