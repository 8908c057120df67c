"""What models offer for images, fetched when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from maskloop.client import Client
from maskloop.errors import ModelThinned, PoolNotScored
from maskloop.values import Batch, ImageProposals, Prompt, PromptedProposals

MOST_PROMPTS = 100
"""That are answered at once."""


class LazyProposals(Mapping[str, ImageProposals]):
    """Proposals by image id. Tasks of long ago are repeated when a run goes on, and nobody looks at theirs.

    Args:
        fetch: asks for them, once.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, ImageProposals]]) -> None:
        self._fetch = fetch

    def __getitem__(self, image_id: str) -> ImageProposals:
        return self._fetched[image_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fetched)

    def __len__(self) -> int:
        return len(self._fetched)

    @cached_property
    def _fetched(self) -> Mapping[str, ImageProposals]:
        return self._fetch()


def proposals_of(
    client: Client, project_id: str, image_ids: Sequence[str], model_version: str
) -> Mapping[str, ImageProposals]:
    """Proposals by image id; none without a model version, by one that scored nothing, as no choice needed it, or by
    one whose files were removed since."""
    if not model_version:
        return {}
    try:
        proposals = client.get_proposals(project_id=project_id, image_ids=image_ids, model_version=model_version)
    except (PoolNotScored, ModelThinned):
        return {}
    return {each.image_id: each for each in proposals}


def proposals_of_batch(
    client: Client, batch: Batch, image_ids: Sequence[str], model_version: str
) -> Mapping[str, ImageProposals]:
    """Proposals for images of a batch by image id: of the version that its pick names, else of `model_version`."""
    by_version: dict[str, list[str]] = {}
    whose = {pick.image_id: pick.proposed_by for pick in batch.picks}
    for image_id in image_ids:
        by_version.setdefault(whose.get(image_id) or model_version, []).append(image_id)
    found: dict[str, ImageProposals] = {}
    for version, ids in by_version.items():
        found.update(proposals_of(client, batch.project_id, ids, version))
    return found


def propose_masks(
    client: Client, project_id: str, model_version: str, image_id: str, prompts: Sequence[Prompt]
) -> PromptedProposals:
    """The masks that a model version proposes for prompts in an image, one or more, in their order."""
    answers = [
        client.propose_masks(
            project_id=project_id,
            image_id=image_id,
            prompts=prompts[start : start + MOST_PROMPTS],
            model_version=model_version,
        )
        for start in range(0, len(prompts), MOST_PROMPTS)
    ]
    return replace(answers[0], proposals=tuple(item for answer in answers for item in answer.proposals))


def takes_prompts(client: Client, project_id: str, model_version: str) -> bool:
    """Whether a model version answers prompts; none by the name "" does."""
    return bool(model_version) and client.get_model(project_id=project_id, model_version=model_version).takes_prompts
