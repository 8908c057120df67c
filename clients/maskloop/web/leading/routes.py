"""What leads may ask for over HTTP. `lead_routes` is the table; each handler reads, calls one function, and answers.

All is JSON, apart from uploads and files. Who may call, and from where, `maskloop.web.access` has checked before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
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
from maskloop.web.leading import audit, batches, campaign, exports, gallery, making, networks, review
from maskloop.web.leading.events import ClientOf, OperationFeed
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
        client_of: who asks of a project that they lead.
        make_report: writes a campaign's report into a folder.
        threads: where calls block.
        clock: the present moment.
    """

    def __init__(
        self,
        client_of: ClientOf,
        make_report: MakeReport,
        threads: Threads,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client_of = client_of
        self._threads = threads
        self._reports = Reports(make_report)
        self._rounds = Rounds()
        self._telling = Threads(LOOKS_AT_ONCE)
        self._feed = OperationFeed(client_of, self._telling)
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The table of all that leads may ask for."""
        reads: dict[str, Handler] = {
            "/api/lead/choices": self._answers(lambda client, request: making.read_choices()),
            f"{LEAD}/campaigns/{{campaign}}": self._answers(self._campaign),
            f"{LEAD}/batches": self._answers(self._batches),
            f"{LEAD}/review": self._answers(lambda client, request: review.read_review(client, _project(request))),
            f"{LEAD}/networks": self._answers(self._networks),
            f"{PROJECT}/events": self._feed.answer,
            f"{LEAD}/round": self._answers(lambda client, request: {"round": self._standing(_project(request))}),
            f"{LEAD}/gallery": self._answers(self._gallery),
            f"{LEAD}/audit": self._answers(self._audit),
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

    def _campaign(self, client: Client, request: Request) -> dict[str, object]:
        return campaign.read_campaign(client, _project(request), request.path_params["campaign"])

    def _batches(self, client: Client, request: Request) -> dict[str, object]:
        wanted = request.query_params.get("campaign", "")
        return batches.read_batches(client, _project(request), wanted, self._clock())

    def _networks(self, client: Client, request: Request) -> dict[str, object]:
        return {**networks.read_networks(client, _project(request)), "round": self._standing(_project(request))}

    def _standing(self, project_id: str) -> dict[str, object] | None:
        standing = self._rounds.standing(project_id)
        return None if standing is None else asdict(standing)

    def _gallery(self, client: Client, request: Request) -> dict[str, object]:
        text = request.query_params.get("first", "0")
        if not text.isdecimal() or len(text) > 9:
            raise InvalidArgument(f"first is {text!r:.40}, no whole number", field="first")
        return gallery.read_gallery(client, _project(request), int(text))

    def _audit(self, client: Client, request: Request) -> dict[str, object]:
        annotator, action, page = (request.query_params.get(name, "") for name in ("annotator", "action", "page"))
        return audit.read_audit(client, _project(request), annotator, action, page)

    async def _labels(self, request: Request) -> Response:
        kind = Part(request.path_params["kind"], "kind").one_of(SupervisionKind)

        def export() -> File:
            return exports.export_labels(self._ask(request), _project(request), kind)

        return _download(await self._threads.run(export, SLOW_S))

    async def _report_file(self, request: Request) -> Response:
        path = request.path_params

        def read() -> File:
            self._ask(request)
            return self._reports.read(path["project"], path["campaign"], path["name"])

        file = await self._threads.run(read)
        if "view" in request.query_params and file.type == "text/html":
            return Response(file.data, media_type=file.type, headers={"content-security-policy": REPORT_POLICY})
        return _download(file)

    def _make_project(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        name, classes, request_id = body.fields("name", "classes", "request_id")
        named = [each.name().strip() for each in classes.items()]
        made = making.make_project(client, _project(request), name.text(), named, request_id.name())
        return {"id": made.id}

    async def _take_images(self, request: Request) -> Response:
        async with request.form(max_files=MOST_FILES, max_fields=0, max_part_size=MOST_FILE_BYTES) as form:
            parts = [part for part in form.getlist("images") if isinstance(part, UploadFile)]
            files = [(part.filename or "", await part.read()) for part in parts]

        def take() -> making.TakenDocument:
            return making.take_images(self._ask(request), _project(request), files)

        return JSONResponse(asdict(await self._threads.run(take, SLOW_S)))

    def _make_campaign(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        id_, budget, strategy, seed, request_id = body.fields("id", "budget", "strategy", "seed", "request_id")
        wish: dict[str, str | int] = {"budget": budget.name(), "strategy": strategy.name(), "seed": seed.integer()}
        made = making.make_campaign(client, _project(request), id_.name(), wish, request_id.name())
        return {"id": made.id}

    def _change_budget(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        budget, request_id = body.fields("budget", "request_id")
        changed = client.update_campaign_budget(
            project_id=_project(request),
            campaign_id=request.path_params["campaign"],
            budget=Budget.parse(budget.name()),
            request_id=request_id.name(),
        )
        return {"budget_s": changed.budget.seconds, "budget_images": changed.budget.images}

    def _write_report(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        return {"files": list(self._reports.write(client, _project(request), request.path_params["campaign"]))}

    def _activate(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        (version,) = body.fields("model_version")
        made = client.activate_model(project_id=_project(request), model_version=version.name())
        return {"active": made.id}

    def _roll_back(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        etag = client.get_project(project_id=_project(request)).etag
        return {"active": client.rollback_model(project_id=_project(request), etag=etag).id}

    def _start_work(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        kind, version, request_id = body.fields("kind", "model_version", "request_id")
        begun = networks.start(client, _project(request), kind.one_of(OperationKind), version.text(), request_id.name())
        return operation_document(begun)

    def _cancel(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        client.cancel_operation(operation_id=request.path_params["operation"])
        return {}

    def _start_round(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        return asdict(self._rounds.start(client, _project(request)))

    def _stop_round(self, client: Client, request: Request, body: Part) -> dict[str, object]:
        body.fields()
        self._rounds.stop(client, _project(request))
        return {}

    def _answers(self, read: Callable[[Client, Request], dict[str, Any]]) -> Handler:
        async def handler(request: Request) -> Response:
            def answer() -> dict[str, Any]:
                return read(self._ask(request), request)

            return JSONResponse(await self._threads.run(answer, SLOW_S))

        return handler

    def _takes(self, write: Callable[[Client, Request, Part], dict[str, Any]]) -> Handler:
        async def handler(request: Request) -> Response:
            body = Part.parse(await read_body(request))

            def answer() -> dict[str, Any]:
                return write(self._ask(request), request, body)

            return JSONResponse(await self._threads.run(answer, SLOW_S))

        return handler

    def _ask(self, request: Request) -> Client:
        """Who speaks for the caller, who leads the project that the address names, if it names one."""
        return self._client_of(request, request.path_params.get("project", ""))


def _project(request: Request) -> str:
    return str(request.path_params["project"])


def _download(file: File) -> Response:
    """A file to be kept. Its name is of ids, which need no quoting."""
    headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.type, headers=headers)
