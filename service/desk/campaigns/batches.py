"""Batches and their leases: read, prolonged, given back, passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from maskloop.errors import FailedPrecondition, ImageNotFound, LeaseLost
from maskloop.values import Batch, BatchRecord, Pick, PickState, SkipReason
from service.desk.callers import own_name
from service.desk.campaigns.campaigns import CampaignDesk
from service.desk.campaigns.leases import as_of, check_lease, end_leases, end_overdue_leases, own_batch, take_up_again
from service.store.audit import add_audit
from service.store.batches import get_batch, insert_skip, list_batches, set_expiry, set_pick_states
from service.store.campaigns import get_campaign
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project


class BatchDesk(CampaignDesk):
    """Use cases of campaigns, and of batches that were handed out."""

    def get_batch(self, *, project_id: str, batch_id: str) -> Batch:
        """Read a batch, with the images that are still leased.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: the caller is an annotator, and it is another one's.
        """
        with self._database.read() as tx:
            get_project(tx, project_id)
            name = own_name()
            record = own_batch(tx, project_id, batch_id, name) if name else get_batch(tx, project_id, batch_id)
            return as_of(record, self._lease_clock()).held()

    def list_batches(
        self, *, project_id: str, campaign_id: str = "", page_size: int = 0, page_token: str = ""
    ) -> Page[BatchRecord]:
        """A project's batches by id with every image they were given, of one campaign or of all; annotators' own ones.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
        """
        with self._database.read() as tx:
            get_project(tx, project_id)
            if campaign_id:
                get_campaign(tx, project_id, campaign_id)
            asked = PageRequest.of(page_size, page_token)
            page = list_batches(tx, project_id, asked, campaign_id=campaign_id, annotator=own_name())
        now = self._lease_clock()
        return replace(page, items=tuple(as_of(record, now) for record in page.items))

    def renew_batch(self, *, project_id: str, batch_id: str, annotator: str, lease_s: float | None = None) -> Batch:
        """Prolong a batch's leases; expired ones are taken up again where the image is still to be had.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: another annotator holds it.
            LeaseLost: nothing is left of it.
        """
        length = timedelta(seconds=check_lease(lease_s))
        with self._database.write() as tx:
            now = self._lease_clock()
            get_project(tx, project_id)
            end_overdue_leases(tx, self._candidates, project_id, now)
            record = take_up_again(tx, self._candidates, own_batch(tx, project_id, batch_id, annotator))
            if not record.in_state(PickState.OPEN):
                raise LeaseLost(f"batch {batch_id} holds no image any more; select again", field="batch_id")
            return set_expiry(tx, record, now + length).held()

    def release_batch(
        self,
        *,
        project_id: str,
        batch_id: str,
        annotator: str,
        image_ids: Sequence[str] = (),
        for_later: bool = False,
    ) -> int:
        """Give leases back, of some images or all that are left; they can be chosen again. Returns how many.

        Labels that come `for_later` are still taken, as long as nobody else has the image.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: another annotator holds it.
            ImageNotFound: an image was never in the batch.
        """
        with self._database.write() as tx:
            get_project(tx, project_id)
            record = own_batch(tx, project_id, batch_id, annotator)
            wanted = {_pick(record, image_id).image_id for image_id in image_ids}
            held = [pick for pick in record.in_state(PickState.OPEN) if not image_ids or pick.image_id in wanted]
            end_leases(tx, self._candidates, record, held, PickState.EXPIRED if for_later else PickState.RELEASED)
            if held:
                now, subjects, count = self._clock(), _of(record), len(held)
                add_audit(tx, now, "ReleaseBatch", project_id, annotator=annotator, subjects=subjects, count=count)
            return len(held)

    def skip_image(self, *, project_id: str, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over one image of a batch for the rest of its campaign.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: another annotator holds it.
            ImageNotFound: the image was never in the batch.
            FailedPrecondition: it was labeled already.
        """
        with self._database.write() as tx:
            now = self._clock()
            get_project(tx, project_id)
            record = own_batch(tx, project_id, batch_id, annotator)
            pick = _pick(record, image_id)
            if record.states[image_id] is PickState.LABELED:
                raise FailedPrecondition(f"image {image_id} was labeled under batch {batch_id}", field="image_id")
            insert_skip(tx, record.batch, image_id, reason, now)
            add_audit(tx, now, "SkipImage", project_id, annotator=annotator, subjects=_of(record, image_id))
            if record.states[image_id] is PickState.OPEN:
                end_leases(tx, self._candidates, record, [pick], PickState.SKIPPED)
            else:
                set_pick_states(tx, record, [image_id], PickState.SKIPPED)
                self._candidates.changed(tx, project_id, [image_id])


def _of(record: BatchRecord, image_id: str = "") -> dict[str, str]:
    return {"batch": record.batch.id, "campaign": record.batch.campaign_id, "image": image_id}


def _pick(record: BatchRecord, image_id: str) -> Pick:
    pick = record.pick(image_id)
    if pick is None:
        raise ImageNotFound(f"batch {record.batch.id} never held image {image_id!r}", field="image_id")
    return pick
