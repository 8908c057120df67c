"""The page's application: pages, static files, and what browsers ask."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from maskloop.errors import InvalidArgument, MaskloopError, Unauthenticated
from maskloop.web.access import Access, is_name
from maskloop.web.documents import Part
from maskloop.web.errors import answer_error, answer_http_error
from maskloop.web.guard import Guard
from maskloop.web.labeling import Labeling, read_body
from maskloop.web.threads import Threads
from maskloop.web.work import WorkOf

HERE = Path(__file__).parent
PAGES: Mapping[str, str] = MappingProxyType({"/": "start.html", "/label": "label.html"})
LEADS_PAGES: Mapping[str, str] = MappingProxyType({"/lead": "lead.html", "/new": "new.html"})
"""Those that only a server's projects have."""


def build(
    work_of: WorkOf,
    access: Access,
    *,
    is_run: bool = False,
    more_routes: Sequence[BaseRoute] = (),
    context: Mapping[str, object] | None = None,
    threads: Threads | None = None,
) -> Starlette:
    """The application.

    Args:
        work_of: where images come from and labels go, for whoever asks.
        access: who may do what.
        is_run: whether it serves the task that one run waits for: there are no leads' pages then.
        more_routes: beside those of annotators, such as those of leads.
        context: further names for the templates.
        threads: where calls block; those of the application itself if `None`.
    """
    own = threads or Threads()
    names = {"is_run": is_run, **(context or {})}
    pages = PAGES if is_run else {**PAGES, **LEADS_PAGES}
    routes: list[BaseRoute] = [
        Route(path, _Page(file, names, access if path in LEADS_PAGES else None).answer, methods=["GET"])
        for path, file in pages.items()
    ]
    routes += _caller_routes(access, own, is_run=is_run)
    labeling = Labeling(work_of, access, own)
    routes += labeling.routes()
    routes += more_routes
    routes.append(Mount("/static", StaticFiles(directory=HERE / "static"), name="static"))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        labeling.close()
        own.close()

    async def answer_unauthenticated(request: Request, error: Exception) -> Response:
        access.forget(request)  # a token that was withdrawn is not shown to the server again and again
        return await answer_error(request, error)

    stopping = threading.Event()
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access, stopping=stopping)],
        exception_handlers={
            MaskloopError: answer_error,
            Unauthenticated: answer_unauthenticated,
            HTTPException: answer_http_error,
        },
        lifespan=lifespan,
    )
    app.state.stopping = stopping
    return app


def _caller_routes(access: Access, threads: Threads, *, is_run: bool) -> list[BaseRoute]:
    """Who the caller is."""

    async def me(request: Request) -> Response:
        who = await threads.run(partial(access.me, request))
        return JSONResponse({**asdict(who), "is_run": is_run})

    async def name_me(request: Request) -> Response:
        access.check_signed_in(request)
        (annotator,) = Part.parse(await read_body(request)).fields("annotator")
        name = annotator.name().strip()
        if not is_name(name):
            raise InvalidArgument("A name has no control characters.", field="annotator")
        response = JSONResponse({"annotator": name})
        access.name_annotator(name, response)
        return response

    async def sign_in(request: Request) -> Response:
        (token,) = Part.parse(await read_body(request)).fields("token")
        response, caller = JSONResponse({}), request.client.host if request.client else ""
        try:
            await threads.run(partial(access.sign_in, caller, token.text(), response))
        except Unauthenticated as error:  # of a token that is no session's: whoever is signed in stays so
            return await answer_error(request, error)
        access.forget(request)  # of whoever was signed in before
        return response

    async def sign_out(request: Request) -> Response:
        Part.parse(await read_body(request)).fields()
        response = JSONResponse({})
        access.sign_out(request, response)
        return response

    return [
        Route("/api/me", me, methods=["GET"]),
        Route("/api/me", name_me, methods=["POST"]),
        Route("/api/sign-in", sign_in, methods=["POST"]),
        Route("/api/sign-out", sign_out, methods=["POST"]),
    ]


class _Page:
    """One page, drawn from its template; `access` is that of a page for leads alone."""

    def __init__(self, file: str, names: Mapping[str, Any], access: Access | None) -> None:
        self._template = _TEMPLATES.get_template(file)
        self._names = names
        self._access = access

    async def answer(self, request: Request) -> Response:
        """The page, or the way to the first one."""
        if self._access is not None and not self._access.may_lead(request):
            return RedirectResponse("/", 303)
        return HTMLResponse(self._template.render(self._names), headers={"cache-control": "no-cache"})


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
)
