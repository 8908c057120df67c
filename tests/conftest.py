"""Nothing is timed: a busy machine must not fail a property test. Thirty examples each, unless a test says how many."""

from __future__ import annotations

import gc
import io
import os
import sys

import pytest
from hypothesis import settings

# Ours is compiled once, whatever the environment says: servers, commands and workers that begin read it thereafter.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Ten thousand tests and their modules are no garbage: no collection shall walk through them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


settings.register_profile("untimed", deadline=None, max_examples=30)
settings.load_profile("untimed")


class Clock:
    """Seconds that a test sets."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return io.StringIO()
