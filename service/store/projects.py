"""Rows of projects and their vocabularies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import AlreadyExists, EtagMismatch, ProjectNotFound
from maskloop.values import LONGEST_TITLE, REVIEWS, Category, CorrectionForm, OutlinePrice, Project, ReviewPrices
from service.store.database.database import Transaction
from service.store.pagination import Page, PageRequest
from service.store.tables import projects

PAGE_LETTERS = 4 * 1024 * 1024  # of the vocabularies on a page; one longer project is a page of its own

_FIND = select(projects).where(projects.c.id == bindparam("project_id"))


def insert_project(tx: Transaction, project: Project) -> None:
    """Add a project with its vocabulary.

    Raises:
        AlreadyExists: its id is taken.
    """
    if tx.execute(_FIND, {"project_id": project.id}).one_or_none() is not None:
        raise AlreadyExists(f"project {project.id} exists already", field="project_id")
    row = {
        "id": project.id,
        "display_name": project.display_name,
        "categories": _category_rows(project.categories),
        "created_at": project.created_at,
        "outline_fixed_s": project.outline_price.fixed_s,
        "outline_length_s": project.outline_price.length_s,
        "review_prices": asdict(project.review_prices),
    }
    tx.execute(insert(projects), row)


def get_project(tx: Transaction, project_id: str) -> Project:
    """Read a project.

    Raises:
        ProjectNotFound: there is none of that id.
    """
    row = tx.execute(_FIND, {"project_id": project_id}).one_or_none()
    if row is None:
        raise ProjectNotFound(f"there is no project {project_id!r}", field="project_id")
    return _project(row)


def list_projects(tx: Transaction, page: PageRequest, only: Sequence[str] = ()) -> Page[Project]:
    """Projects by id, of those that are named, if any are; fewer than asked for where their vocabularies are long
    together. Of a name the beginning is read: earlier releases took any."""
    size = func.length(cast(projects.c.categories, Text)).label("letters")
    of_page = select(projects.c.id, size).where(projects.c.id > page.after).order_by(projects.c.id).limit(page.size + 1)
    if only:
        of_page = of_page.where(projects.c.id.in_(only))
    told = tx.execute(of_page).all()
    ids = [str(row.id) for row in told]
    fitting = sum(before <= PAGE_LETTERS for before in accumulate(row.letters for row in told))
    page = replace(page, size=min(page.size, max(1, fitting)))
    named = [column for column in projects.c if column.name != "display_name"]
    name = func.substr(projects.c.display_name, 1, LONGEST_TITLE).label("display_name")
    rows = tx.execute(select(*named, name).where(projects.c.id.in_(ids[: page.size + 1])).order_by(projects.c.id)).all()
    return page.cut([_project(row) for row in rows], ids)


def set_categories(tx: Transaction, project_id: str, categories: Sequence[Category]) -> None:
    """Change a project's vocabulary, and its etag."""
    change = {"categories": _category_rows(categories), "revision": projects.c.revision + 1}
    tx.execute(update(projects).where(projects.c.id == project_id).values(change))


def set_active_model(tx: Transaction, project_id: str, model_id: str, etag: str = "") -> None:
    """Name the active model version ("" for none), which changes the project's etag.

    Raises:
        ProjectNotFound: there is no such project.
        EtagMismatch: `etag` is given and the project changed since.
    """
    project = get_project(tx, project_id)
    if etag and etag != project.etag:
        raise EtagMismatch(
            f"project {project_id} changed since etag {etag}; it has etag {project.etag} now", field="etag"
        )
    change = {"active_model": model_id, "revision": projects.c.revision + 1}
    tx.execute(update(projects).where(projects.c.id == project_id).values(change))


def _category_rows(categories: Sequence[Category]) -> list[list[object]]:
    return [
        [category.id, category.name, *([category.added_at.isoformat()] if category.added_at else [])]
        for category in categories
    ]


def _category(category_id: int, name: str, added_at: str = "") -> Category:
    return Category(category_id, name, datetime.fromisoformat(added_at) if added_at else None)


def _project(row: Row[Any]) -> Project:
    return Project(
        id=row.id,
        display_name=row.display_name[:LONGEST_TITLE],  # older releases took any
        categories=tuple(_category(*told) for told in row.categories),
        active_model=row.active_model,
        etag=str(row.revision),
        created_at=row.created_at,
        outline_price=OutlinePrice(row.outline_fixed_s, row.outline_length_s),
        review_prices=REVIEWS if row.review_prices is None else _review_prices(row.review_prices),
    )


def _review_prices(stored: Mapping[str, Any]) -> ReviewPrices:
    return ReviewPrices(**{**stored, "correction": CorrectionForm(stored["correction"])})
