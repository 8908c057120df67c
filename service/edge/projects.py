"""maskloop.v1.ProjectService over the project desk."""
# ruff: noqa: D102, N802 - names and behaviour are those of projects.proto

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from maskloop.convert import arguments, image_to_message, project_to_message
from maskloop.v1 import projects_pb2 as pb
from maskloop.v1.projects_pb2_grpc import ProjectServiceServicer
from service.desk.projects import ProjectDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered, streamed
from service.edge.pages import page_to_message


class ProjectServicer(Threaded, ProjectServiceServicer):  # type: ignore[misc]
    """Projects and their images."""

    def __init__(self, desk: ProjectDesk, threads: DeskThreads) -> None:
        self._desk = desk
        super().__init__(threads)

    @answered
    def CreateProject(self, request: pb.CreateProjectRequest, context: Any) -> pb.Project:
        asked = arguments(request, "project_id", "categories")
        project = self._desk.create_project(**asked)
        return project_to_message(project)

    @answered
    def AddCategories(self, request: pb.AddCategoriesRequest, context: Any) -> pb.Project:
        asked = arguments(request, "project_id", "categories")
        project = self._desk.add_categories(**asked)
        return project_to_message(project)

    @answered
    def GetProject(self, request: pb.GetProjectRequest, context: Any) -> pb.Project:
        asked = arguments(request, "project_id")
        project = self._desk.get_project(**asked)
        return project_to_message(project)

    @answered
    def ListProjects(self, request: pb.ListProjectsRequest, context: Any) -> pb.ListProjectsResponse:
        asked = arguments(request)
        page = self._desk.list_projects(**asked)
        return page_to_message(pb.ListProjectsResponse, "projects", page, project_to_message)

    @answered
    def ImportImages(self, request: pb.ImportImagesRequest, context: Any) -> pb.ImportImagesResponse:
        asked = arguments(request, "project_id", "images")
        images = self._desk.import_images(**asked)
        return pb.ImportImagesResponse(images=map(image_to_message, images))

    @answered
    def GetImage(self, request: pb.GetImageRequest, context: Any) -> pb.Image:
        asked = arguments(request, "project_id", "image_id")
        image = self._desk.get_image(**asked)
        return image_to_message(image)

    @answered
    def ListImages(self, request: pb.ListImagesRequest, context: Any) -> pb.ListImagesResponse:
        asked = arguments(request, "project_id")
        page = self._desk.list_images(**asked)
        return page_to_message(pb.ListImagesResponse, "images", page, image_to_message)

    @streamed
    def ReadImage(self, request: pb.ReadImageRequest, context: Any) -> Iterator[pb.ReadImageResponse]:
        asked = arguments(request, "project_id", "image_id")
        for data in self._desk.read_image(**asked):
            yield pb.ReadImageResponse(data=data)
