"""What a run takes of the disk: images that are referred to, networks that are kept, and how much it all is."""

from __future__ import annotations

import shutil
from pathlib import Path

from maskloop.datasets.read import Data
from maskloop.errors import FailedPrecondition
from maskloop.loop.options import Options
from maskloop.loop.outcomes import Arm
from maskloop.loop.session import CampaignSession

SERVER_FOLDER = "server"
PARTS = {
    "models": "networks and score tables",
    "features": "features",
    "networks": "trainings to take again",
    "blobs": "images",
}
"""Folders of a server that may grow large, and what they hold."""
CACHES = ("features", "networks")
"""Those of them that are made anew where they are missed."""


def referred_folders(options: Options, data: Data) -> tuple[Path, ...]:
    """The folders whose image files the run's own server refers to; a server elsewhere may not see them."""
    return () if options.server or options.copy_images else data.folders


def thin_networks(session: CampaignSession, arm: Arm, keep: int) -> None:
    """Remove the files of old networks, but for the newest `keep` (0 for all) and the best so far.

    Nothing is done in a round of before that a resumed run walks through: which network is best is not known there.
    """
    models = session.client.list_models(project_id=session.project_id)
    if not keep or not arm.rounds:
        return
    last = arm.rounds[-1].measured.model
    own = [model.id for model in models if model.pseudo is None and model.recipe == last.recipe]
    if own[:1] != [last.id]:
        return
    try:
        session.client.thin_models(project_id=session.project_id, keep=keep, also_keep=[*own[:keep], arm.best.model.id])
    except FailedPrecondition:  # others train there as well; the next round tries again
        return


def forget_caches(workdir: Path, keep: int) -> None:
    """Remove what a run that has ended no longer needs; one that goes on makes it anew. Nothing where `keep` is 0."""
    for name in CACHES if keep else ():
        shutil.rmtree(workdir / SERVER_FOLDER / name, ignore_errors=True)


def say_sizes(workdir: Path) -> str:
    """How large WORKDIR is, and its parts."""
    parts = {told: _size(workdir / SERVER_FOLDER / name) for name, told in PARTS.items()}
    listed = ", ".join(f"{told} {_say(size)}" for told, size in parts.items() if size)
    return f"{workdir} holds {_say(_size(workdir))}" + (f": {listed}" if listed else "")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _say(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
