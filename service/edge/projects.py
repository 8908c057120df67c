"""maskloop.v1.ProjectService over the project desk."""
# ruff: noqa: D102, N802 - names and behaviour are those of projects.proto

from __future__ import annotations

from typing import Any

from maskloop.convert import arguments, image_to_message, project_to_message
from maskloop.v1 import projects_pb2 as pb
from maskloop.v1.projects_pb2_grpc import ProjectServiceServicer
from service.desk.projects import ProjectDesk
from service.edge.desk_threads import DeskThreads


class ProjectServicer(ProjectServiceServicer):  # type: ignore[misc]
    """Projects and their images."""

    def __init__(self, desk: ProjectDesk, threads: DeskThreads) -> None:
        self._desk = desk
        self._threads = threads

    async def CreateProject(self, request: pb.CreateProjectRequest, context: Any) -> pb.Project:
        asked = arguments(request, "project_id", "categories")
        project = await self._threads.call(context, self._desk.create_project, **asked)
        return project_to_message(project)

    async def AddCategories(self, request: pb.AddCategoriesRequest, context: Any) -> pb.Project:
        asked = arguments(request, "project_id", "categories")
        project = await self._threads.call(context, self._desk.add_categories, **asked)
        return project_to_message(project)

    async def GetProject(self, request: pb.GetProjectRequest, context: Any) -> pb.Project:
        asked = arguments(request, "project_id")
        project = await self._threads.call(context, self._desk.get_project, **asked)
        return project_to_message(project)

    async def ListProjects(self, request: pb.ListProjectsRequest, context: Any) -> pb.ListProjectsResponse:
        asked = arguments(request)
        page = await self._threads.call(context, self._desk.list_projects, **asked)
        return pb.ListProjectsResponse(
            projects=map(project_to_message, page.items), next_page_token=page.next_page_token
        )

    async def ImportImages(self, request: pb.ImportImagesRequest, context: Any) -> pb.ImportImagesResponse:
        asked = arguments(request, "project_id", "images")
        images = await self._threads.call(context, self._desk.import_images, **asked)
        return pb.ImportImagesResponse(images=map(image_to_message, images))

    async def GetImage(self, request: pb.GetImageRequest, context: Any) -> pb.Image:
        asked = arguments(request, "project_id", "image_id")
        image = await self._threads.call(context, self._desk.get_image, **asked)
        return image_to_message(image)

    async def ListImages(self, request: pb.ListImagesRequest, context: Any) -> pb.ListImagesResponse:
        asked = arguments(request, "project_id")
        page = await self._threads.call(context, self._desk.list_images, **asked)
        return pb.ListImagesResponse(images=map(image_to_message, page.items), next_page_token=page.next_page_token)

    async def ReadImage(self, request: pb.ReadImageRequest, context: Any) -> Any:
        asked = arguments(request, "project_id", "image_id")
        async for data in await self._threads.stream(context, self._desk.read_image, **asked):
            yield pb.ReadImageResponse(data=data)
