"""Model versions, which of them is active, and image classifiers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskloop.errors import (
    ClassifierNotFound,
    EtagMismatch,
    FailedPrecondition,
    ModelNotFound,
    NoActiveModel,
    NoClassifier,
    ProjectNotFound,
)
from maskloop.values import Classifier
from service.store import Database
from service.store.classifiers import get_classifier, insert_classifier
from service.store.models import (
    activate_model,
    get_model,
    insert_model,
    labeled_images,
    list_models,
    roll_back_model,
    set_scored_images,
)
from service.store.pagination import PageRequest
from service.store.projects import get_project
from tests.service.store.rows import NOW, model


def test_models_are_registered_once_and_listed_newest_first(database: Database) -> None:
    with database.write() as tx:
        insert_model(tx, model("m1"))
        insert_model(tx, model("m2"))
        insert_model(tx, model("m1", labels=99))
        assert get_model(tx, "p", "m1") == model("m1")
        assert labeled_images(tx, "p", "m1") == 3
        assert [one.version.id for one in list_models(tx, "p", PageRequest()).items] == ["m2", "m1"]
        set_scored_images(tx, "p", "m2", 17)
        assert get_model(tx, "p", "m2").version.scored_images == 17
        with pytest.raises(ModelNotFound, match="m3"):
            get_model(tx, "p", "m3")
        with pytest.raises(NoActiveModel):
            get_model(tx, "p")


def test_activations_can_be_rolled_back_one_by_one(database: Database) -> None:
    with database.write() as tx:
        for version in ("m1", "m2", "m3"):
            insert_model(tx, model(version))
            assert activate_model(tx, "p", version, NOW).version.active
        activate_model(tx, "p", "m3", NOW)
        assert get_model(tx, "p").version.id == "m3"
        assert roll_back_model(tx, "p", NOW).version.id == "m2"
        assert roll_back_model(tx, "p", NOW).version.id == "m1"
        with pytest.raises(FailedPrecondition):
            roll_back_model(tx, "p", NOW)
        activate_model(tx, "p", "m3", NOW)
        assert roll_back_model(tx, "p", NOW).version.id == "m1"
        with pytest.raises(ModelNotFound):
            activate_model(tx, "p", "m9", NOW)


def test_a_stale_etag_does_not_activate(database: Database) -> None:
    with database.write() as tx:
        insert_model(tx, model("m1"))
        before = get_project(tx, "p").etag
        activate_model(tx, "p", "m1", NOW, before)
        assert get_project(tx, "p").etag != before
        with pytest.raises(EtagMismatch):
            activate_model(tx, "p", "m1", NOW, before)


def test_classifiers_are_registered_once_and_the_latest_is_found(database: Database) -> None:
    first = Classifier("k1", "p", "compact", 3, 20, 4, 100, 30, 7, {"recall": 0.5}, NOW, '{"size": 64}')
    second = replace(first, id="k2", candidates=80)
    with database.write() as tx:
        with pytest.raises(NoClassifier):
            get_classifier(tx, "p")
        for one in (first, first, second):
            insert_classifier(tx, one, f"classifiers/p/{one.id}")
    with database.read() as tx:
        assert get_classifier(tx, "p") == second
        assert get_classifier(tx, "p", "k1") == first
        with pytest.raises(ClassifierNotFound):
            get_classifier(tx, "p", "k3")
        with pytest.raises(ProjectNotFound):
            get_classifier(tx, "q")
