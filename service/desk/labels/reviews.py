"""What labels say of proposals, held against what was offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from maskloop.errors import LabelNotFound, ModelNotFound
from maskloop.values import FullLabel, LabelDraft, ObjectProposal, Offered, check_named
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import read_proposals
from service.store import Database, Transaction
from service.store.labels.labels import get_labels
from service.store.labels.prompted import has_prompted, prompted_proposals
from service.store.models import get_model


class Reviews:
    """Finds the proposals that labels name.

    Args:
        database: what the server remembers.
        folder: where models have left what they propose.
    """

    def __init__(self, *, database: Database, folder: DataFolder) -> None:
        self._database = database
        self._folder = folder

    def complete(self, project_id: str, drafts: Sequence[LabelDraft]) -> list[LabelDraft]:
        """The drafts with what the server knows of their proposals: each as it was offered, and how far the object is
        from it. Where the files of a model version are gone, what the caller said of its proposals stays.

        A label names what answered prompts by the proposals' ids. In the place of a model version stands the one whose
        proposals were at hand, or the name of another network, which is no version, if it answered the prompts.

        Raises:
            ProjectNotFound, ModelNotFound: there is no such project, or neither a model version of it nor a network
                that answered prompts in it is named so.
            InvalidLabel: a proposal was never offered for the image, or is said to be accepted and was changed.
        """
        for draft in drafts:
            check_named(_named(draft), f"image {draft.image_id}")
        offered = {
            version: self._offered(project_id, version, [draft for draft in drafts if _version(draft) == version])
            for version in sorted({_version(draft) for draft in drafts} - {""})
        }
        return [_complete(draft, offered[_version(draft)]) if _version(draft) else draft for draft in drafts]

    def _offered(self, project_id: str, model_version: str, drafts: Sequence[LabelDraft]) -> _Offered:
        """What the version offered for the images of these drafts, which all name it, by itself and for prompts."""
        named = {draft.image_id: _named(draft) for draft in drafts}
        with self._database.read() as tx:
            found = {
                image_id: prompted_proposals(tx, project_id, image_id, ids) if ids else {}
                for image_id, ids in named.items()
            }
            prompted = {image_id: frozenset(its) for image_id, its in found.items()}
            for draft in drafts:
                kept = _kept_beside(tx, project_id, draft.supersedes)
                found[draft.image_id] = {**{item.id: item for item, _ in kept}, **found[draft.image_id]}
                prompted[draft.image_id] |= {item.id for item, by_prompt in kept if by_prompt}
            try:
                version = get_model(tx, project_id, model_version).version
            except ModelNotFound:
                if any(found.values()) or has_prompted(tx, project_id, model_version):
                    return _Offered(model_version, found, prompted, is_whole=True)
                raise
        for table in (self._folder.scores(project_id, version.id), self._folder.evaluated(project_id, version.id)):
            if table.is_file():
                for proposals in read_proposals(table, list(named), version.id):
                    own = {item.id: item for item in proposals.objects}
                    found[proposals.image_id].update(own)
                    prompted[proposals.image_id] -= own.keys()
        return _Offered(version.id, found, prompted, is_whole=not version.thinned)


@dataclass(frozen=True)
class _Offered:
    """Proposals of a model version by their id, by image id, and the ids of those that prompts alone had asked for;
    `is_whole` unless its files are gone."""

    model_version: str
    by_image: Mapping[str, Mapping[str, ObjectProposal]]
    prompted: Mapping[str, frozenset[str]]
    is_whole: bool


def _kept_beside(tx: Transaction, project_id: str, label_id: str) -> list[tuple[ObjectProposal, bool]]:
    """The proposals that a label which is corrected had named, and whether a prompt had asked for each: they are kept
    beside it, also when what was offered is forgotten."""
    if not label_id:
        return []
    try:
        (before,) = get_labels(tx, project_id, [label_id])
    except LabelNotFound:  # which is told where the label is taken
        return []
    content = before.content
    if not isinstance(content, FullLabel) or content.review is None:
        return []
    begun = [item.origin for item in content.objects if item.origin is not None]
    by_prompt = {origin.proposal_id for origin in begun if origin.prompted}
    by_prompt |= {each.proposal_id for each in content.review.rejected if each.prompted}
    return [(item, item.id in by_prompt) for item in content.review.proposals]


def _version(draft: LabelDraft) -> str:
    content = draft.content
    return content.review.model_version if isinstance(content, FullLabel) and content.review else ""


def _named(draft: LabelDraft) -> tuple[str, ...]:
    return draft.content.named_proposals if isinstance(draft.content, FullLabel) else ()


def _complete(draft: LabelDraft, offered: _Offered) -> LabelDraft:
    content = draft.content
    if not isinstance(content, FullLabel) or content.review is None:
        return draft
    image_id = draft.image_id
    of_image = Offered(offered.model_version, offered.by_image[image_id], offered.prompted[image_id], offered.is_whole)
    return replace(draft, content=of_image.complete(content, f"image {image_id}"))
