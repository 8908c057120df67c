"""Tokens on the wire: forged, withdrawn, expired, foreign; whose name a label bears; the first admin's token."""

from __future__ import annotations

import hashlib
import io
import stat
import time
import uuid

import grpc
import pytest
from PIL import Image as Picture

from maskloop.errors import InvalidConfig, MaskloopError
from service.edge.access import FAILURES_WITHIN_S, MOST_FAILURES, MOST_PEERS, Failures
from tests.service.edge.asking import ask, delay_of, make_token, reason_of, refusal
from tests.service.wire import Edge

INVALID = (
    "UNAUTHENTICATED",
    "UNAUTHENTICATED",
    "the server does not accept this token: it is unknown, withdrawn or expired",
)


def select(channel, secret, project_id="p", **fields):
    """One image to label fully."""
    kind = "SUPERVISION_KIND_FULL"
    return ask(channel, "SelectBatch", secret, project_id=project_id, kind=kind, images=1, **fields)


def import_picture(guarded, name, project_id="p"):
    picture = io.BytesIO()
    Picture.new("RGB", (8, 6), (len(name), 0, 0)).save(picture, "PNG")
    images = [{"file_name": name, "split": "SPLIT_POOL", "data": picture.getvalue()}]
    lead = guarded.secrets["lead"]
    return ask(guarded.channel, "ImportImages", lead, project_id=project_id, images=images).images[0].id


def test_a_caller_is_told_who_they_are(guarded):
    told = ask(guarded.channel, "GetCaller", guarded.secrets["lead_p"])
    assert (told.name, told.role, list(told.project_ids), told.tokens_required) == ("lead_p", 2, ["p"], True)
    assert told.token_id
    root = ask(guarded.channel, "GetCaller", guarded.secrets["root"])
    assert (root.name, root.role, list(root.project_ids), root.token_id) == ("admin", 3, [], "admin")


@pytest.mark.parametrize(
    "metadata",
    [
        [("authorization", "Bearer mlp_" + "A" * 43)],
        [("authorization", "Bearer " + "x" * 5000)],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", "Basic {secret}")],
        [("authorization", "{secret}")],
        [("authorization", "Bearer {secret}x")],
        [("authorization", "Bearer {digest}")],
        [("authorization", "Bearer {secret}"), ("authorization", "Bearer {secret}")],
        [("token", "{secret}")],
    ],
)
def test_what_is_no_token_opens_nothing(guarded, metadata):
    """The digest that the server keeps is none either."""
    secret = guarded.secrets["lead"]
    digest = hashlib.sha256(secret.encode()).hexdigest()
    guarded.edge.edge._access._failures = Failures(time.monotonic)
    shown = [(key, value.format(secret=secret, digest=digest)) for key, value in metadata]
    assert refusal(guarded.channel, "ListProjects", metadata=shown)[:2] == INVALID[:2]
    assert refusal(guarded.channel, "ListProjects", secret) is None


def test_the_scheme_is_read_in_any_case(guarded):
    shown = [("authorization", f"bearer {guarded.secrets['lead']}")]
    assert refusal(guarded.channel, "ListProjects", metadata=shown) is None


def test_a_withdrawn_token_ends_with_the_next_call_and_says_what_a_forged_one_says(guarded):
    channel, admin = guarded.channel, guarded.secrets["root"]
    made = ask(channel, "CreateToken", admin, name="gone", role="ROLE_LEAD")
    for _ in range(3):
        assert refusal(channel, "ListProjects", made.secret) is None
    first = ask(channel, "WithdrawToken", admin, token_id=made.token.id)
    assert refusal(channel, "ListProjects", made.secret) == INVALID == refusal(channel, "ListProjects", "mlp_forged")
    assert first.HasField("withdrawn_at")
    assert ask(channel, "WithdrawToken", admin, token_id=made.token.id) == first


def test_an_expired_token_ends_without_a_word_more(guarded):
    channel = guarded.channel
    secret = make_token(channel, guarded.secrets["root"], "brief", "lead", lifetime={"seconds": 1})
    assert refusal(channel, "ListProjects", secret) is None
    time.sleep(1.1)
    assert refusal(channel, "ListProjects", secret) == INVALID


def test_too_many_wrong_tokens_are_told_to_wait_and_valid_ones_from_there_go_on(guarded):
    guarded.edge.edge._access._failures = Failures(time.monotonic)
    ended = [refusal(guarded.channel, "ListProjects", f"mlp_{number}")[0] for number in range(MOST_FAILURES + 1)]
    assert ended == ["UNAUTHENTICATED"] * MOST_FAILURES + ["RESOURCE_EXHAUSTED"]
    with pytest.raises(grpc.RpcError) as raised:
        ask(guarded.channel, "ListProjects", "mlp_more")
    assert 0 < delay_of(raised.value) <= FAILURES_WITHIN_S
    assert refusal(guarded.channel, "ListProjects", guarded.secrets["lead"]) is None
    guarded.edge.edge._access._failures = Failures(time.monotonic)


def test_failures_of_many_hosts_take_bounded_memory_and_end():
    now = [0.0]
    failures = Failures(lambda: now[0])
    for number in range(3 * MOST_PEERS):
        failures.note(f"ipv4:10.0.0.{number}")
    assert len(failures._at) == MOST_PEERS
    for _ in range(MOST_FAILURES):
        failures.note("ipv4:10.1.0.0")
    with pytest.raises(MaskloopError, match="too many") as raised:
        failures.note("ipv4:10.1.0.0")
    assert raised.value.retry_after_s == FAILURES_WITHIN_S
    now[0] = FAILURES_WITHIN_S
    failures.note("ipv4:10.1.0.0")


def test_a_large_request_of_a_stranger_is_refused_unread(guarded):
    """It would not fit a message: who reads it answers RESOURCE_EXHAUSTED."""
    path = "/maskloop.v1.LabelService/SubmitLabels"
    send = guarded.channel.unary_unary(path, request_serializer=lambda data: data)
    with pytest.raises(grpc.RpcError) as raised:
        send(b"\xff" * (65 * 1024 * 1024), timeout=20)
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
    shown = [("authorization", f"Bearer {guarded.secrets['lead']}")]
    with pytest.raises(grpc.RpcError) as raised:
        send(b"\xff" * (65 * 1024 * 1024), timeout=20, metadata=shown)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_an_annotator_labels_under_the_token_s_name_alone(guarded):
    channel, annotator = guarded.channel, guarded.secrets["annotator_p"]
    image = import_picture(guarded, "names.png")
    with pytest.raises(grpc.RpcError) as raised:
        select(channel, annotator, annotator="another")
    assert (raised.value.code().name, reason_of(raised.value)) == ("PERMISSION_DENIED", "FOREIGN_NAME")
    batch = select(channel, annotator)
    assert batch.annotator == "annotator_p"
    draft = {"image_id": batch.picks[0].image_id, "full": {}}
    for name in ("another", " annotator_p"):
        ended = refusal(channel, "SubmitLabels", annotator, project_id="p", annotator=name, labels=[draft])
        assert ended[:2] == ("PERMISSION_DENIED", "FOREIGN_NAME")
    (label,) = ask(
        channel,
        "SubmitLabels",
        annotator,
        annotator="annotator_p",
        project_id="p",
        batch_id=batch.id,
        labels=[draft],
    ).labels
    assert label.annotator == "annotator_p"
    assert label.draft.image_id == image


def test_a_lead_hands_in_for_others_and_the_audit_keeps_both_names(guarded):
    channel, lead = guarded.channel, guarded.secrets["lead_p"]
    import_picture(guarded, "others.png")
    batch = select(channel, lead, annotator="bob")
    draft = {"image_id": batch.picks[0].image_id, "full": {}}
    ask(channel, "SubmitLabels", lead, project_id="p", annotator="bob", batch_id=batch.id, labels=[draft])
    (entry,) = ask(channel, "ListAudit", lead, project_id="p", annotator="bob", action="SubmitLabels").entries
    assert (entry.name, entry.annotator, entry.project_id, entry.count) == ("lead_p", "bob", "p", 1)
    assert entry.subjects["image"] == draft["image_id"]
    assert entry.subjects["batch"] == batch.id
    assert select(channel, lead).annotator == "lead_p"


def test_an_annotator_sees_batches_and_labels_of_their_own_and_one_image_s(guarded):
    channel, mine, lead = guarded.channel, guarded.secrets["annotator_p"], guarded.secrets["lead_p"]
    image = import_picture(guarded, "own.png")
    batch = select(channel, lead, annotator="carol", beside_held=True)
    assert refusal(channel, "GetBatch", mine, project_id="p", batch_id=batch.id)[:2] == (
        "PERMISSION_DENIED",
        "FOREIGN_LEASE",
    )
    assert refusal(channel, "ReleaseBatch", mine, project_id="p", batch_id=batch.id)[1] == "FOREIGN_LEASE"
    drafts = [{"image_id": image, "full": {}}]
    ask(channel, "SubmitLabels", lead, annotator="carol", labels=drafts, project_id="p", batch_id=batch.id)
    own = ask(channel, "ListBatches", mine, project_id="p").batches
    assert {record.batch.annotator for record in own} <= {"annotator_p"}
    everybodys = ask(channel, "ListBatches", lead, project_id="p").batches
    assert "carol" in {record.batch.annotator for record in everybodys}
    listed = ask(channel, "ListLabels", mine, project_id="p").labels
    assert {label.annotator for label in listed} <= {"annotator_p"}
    (first,) = ask(channel, "ListLabels", mine, project_id="p", image_id=image).labels
    assert first.annotator == "carol"
    correction = {"image_id": image, "full": {}, "supersedes": first.id}
    (second,) = ask(channel, "SubmitLabels", mine, project_id="p", labels=[correction]).labels
    (entry,) = [
        entry
        for entry in ask(channel, "ListAudit", lead, project_id="p", action="SubmitLabels").entries
        if entry.subjects["label"] == second.id
    ]
    assert (entry.annotator, entry.subjects["corrected"]) == ("annotator_p", first.id)


def test_a_lead_gives_somebody_else_s_images_back(guarded):
    channel, mine, lead = guarded.channel, guarded.secrets["annotator_p"], guarded.secrets["lead_p"]
    import_picture(guarded, "back.png")
    batch = select(channel, mine, beside_held=True)
    released = ask(channel, "ReleaseBatch", lead, project_id="p", batch_id=batch.id, annotator="annotator_p")
    assert released.released_images == 1
    entry = ask(channel, "ListAudit", lead, project_id="p", action="ReleaseBatch").entries[0]
    assert (entry.name, entry.annotator, entry.subjects["batch"]) == ("lead_p", "annotator_p", batch.id)


def test_an_annotator_s_request_begins_no_campaign(guarded):
    channel = guarded.channel
    ask(channel, "CreateProject", guarded.secrets["root"], project_id="bare", categories=[{"id": 1, "name": "crack"}])
    wish = {"project_id": "bare", "kind": "SUPERVISION_KIND_FULL", "images": 1}
    code, _, message = refusal(channel, "SelectBatch", guarded.secrets["annotator"], **wish)
    assert (code, message) == ("PERMISSION_DENIED", "project bare has no campaign; a lead begins one")
    assert refusal(channel, "SelectBatch", guarded.secrets["lead"], **wish) is None
    assert refusal(channel, "SelectBatch", guarded.secrets["annotator"], **wish) is None


@pytest.mark.parametrize(
    ("maker", "role", "project_ids", "message"),
    [
        ("lead_p", "LEAD", ["p"], "a caller of role lead makes no tokens of role lead"),
        ("lead_p", "ADMIN", ["p"], "a caller of role lead makes no tokens of role admin"),
        ("lead", "LEAD", [], "a caller of role lead makes no tokens of role lead"),
        ("lead_p", "ANNOTATOR", ["q"], "this token is not for project 'q'"),
        ("lead_p", "ANNOTATOR", ["p", "q"], "this token is not for project 'q'"),
        ("lead_p", "ANNOTATOR", ["p", "nobodys"], "this token is not for project 'nobodys'"),
        ("lead_p", "ANNOTATOR", [], "this token is for some projects only; name one of them"),
        ("admin_p", "ANNOTATOR", [], "this token is for some projects only; name one of them"),
        ("admin_p", "ADMIN", ["q"], "this token is not for project 'q'"),
    ],
)
def test_nobody_gives_more_than_they_have(guarded, maker, role, project_ids, message):
    asked = {"name": "x", "role": f"ROLE_{role}", "project_ids": project_ids}
    ended = refusal(guarded.channel, "CreateToken", guarded.secrets[maker], **asked)
    assert ended == ("PERMISSION_DENIED", "PERMISSION_DENIED", message)


def test_tokens_are_listed_and_withdrawn_by_those_who_could_have_made_them(guarded):
    channel = guarded.channel

    def listed(name, **wish):
        return {token.name for token in ask(channel, "ListTokens", guarded.secrets[name], **wish).tokens}

    assert listed("lead_p") == {"annotator_p"}
    assert listed("admin_p") == {"annotator_p", "lead_p", "admin_p"}
    assert listed("lead") >= {"annotator", "annotator_p", "annotator_q"}
    assert not listed("lead") & {"lead", "admin", "lead_p"}
    assert listed("admin", project_id="q") >= {"annotator", "annotator_q", "lead_q", "admin"}
    assert not listed("admin", project_id="q") & {"annotator_p", "lead_p"}
    theirs = ask(channel, "GetCaller", guarded.secrets["lead_q"]).token_id
    for name in ("lead_p", "admin_p", "lead"):
        ended = refusal(channel, "WithdrawToken", guarded.secrets[name], token_id=theirs)
        nobodys = refusal(channel, "WithdrawToken", guarded.secrets[name], token_id="nobodys")
        assert ended == ("NOT_FOUND", "TOKEN_NOT_FOUND", f"there is no token {theirs!r} that you may see")
        assert nobodys == (*ended[:2], ended[2].replace(theirs, "nobodys"))


def test_ended_tokens_are_listed_where_asked_for_in_pages(guarded):
    channel, admin = guarded.channel, guarded.secrets["root"]
    made = [ask(channel, "CreateToken", admin, name=f"n{number}", role="ROLE_ANNOTATOR").token for number in range(3)]
    ask(channel, "WithdrawToken", admin, token_id=made[1].id)
    lasting = ask(channel, "ListTokens", admin, page_size=2)
    assert [token.id for token in lasting.tokens] == [made[2].id, made[0].id]
    first = ask(channel, "ListTokens", admin, page_size=2, include_ended=True)
    assert [token.id for token in first.tokens] == [made[2].id, made[1].id]
    second = ask(channel, "ListTokens", admin, page_size=2, include_ended=True, page_token=first.next_page_token)
    assert second.tokens[0].id == made[0].id


def test_a_request_that_comes_again_makes_no_second_token_and_tells_no_secret(guarded):
    channel, admin = guarded.channel, guarded.secrets["root"]
    request_id = str(uuid.uuid4())
    asked = {"name": "once", "role": "ROLE_LEAD", "request_id": request_id}
    made = ask(channel, "CreateToken", admin, name="once", role="ROLE_LEAD", request_id=request_id)
    code, reason, message = refusal(channel, "CreateToken", admin, **asked)
    assert (code, reason) == ("ALREADY_EXISTS", "ALREADY_EXISTS")
    assert made.token.id in message
    assert made.secret not in message
    assert refusal(channel, "CreateToken", admin, **{**asked, "name": "other"})[1] == "REQUEST_ID_REUSED"
    assert [token.name for token in ask(channel, "ListTokens", admin).tokens].count("once") == 1


@pytest.mark.parametrize("seconds", [0, -1, 400 * 366 * 86_400])
def test_an_impossible_lifetime_is_refused(guarded, seconds):
    asked = {"name": "x", "role": "ROLE_LEAD", "lifetime": {"seconds": seconds}}
    assert refusal(guarded.channel, "CreateToken", guarded.secrets["root"], **asked)[0] == "INVALID_ARGUMENT"


def test_a_token_for_a_project_that_is_not_there_is_not_made(guarded):
    asked = {"name": "x", "role": "ROLE_LEAD", "project_ids": ["p", "nobodys"]}
    assert refusal(guarded.channel, "CreateToken", guarded.secrets["root"], **asked)[1] == "PROJECT_NOT_FOUND"


def test_no_secret_lies_in_the_data_folder_but_the_first_admin_s(guarded):
    folder = guarded.edge.desks.access._admin_file.path.parent
    holding = {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in guarded.secrets.values())
    }
    assert holding == {"admin.token"}


def test_the_first_admin_s_token_is_the_owner_s_alone_stays_and_is_replaced_with_its_file(tmp_path):
    file = tmp_path / "data/admin.token"
    secrets = []
    for start in range(3):
        if start == 2:
            file.unlink()
        with Edge(tmp_path, tokens="required") as edge, grpc.insecure_channel(edge.address) as channel:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            secrets.append(file.read_text().strip())
            assert refusal(channel, "ListProjects", secrets[-1]) is None
            assert start < 2 or refusal(channel, "ListProjects", secrets[0]) == INVALID
    assert secrets[0] == secrets[1] != secrets[2]


def test_an_admin_s_token_that_is_easily_guessed_or_cannot_be_read_is_refused(tmp_path):
    file = tmp_path / "mine.token"
    file.write_text("secret\n")
    with pytest.raises(InvalidConfig, match=r"mine.token holds 6 letters; 16 are the least"):
        Edge(tmp_path, admin_token_file=file)
    with pytest.raises(InvalidConfig, match=r"cannot be read: Is a directory"):
        Edge(tmp_path, admin_token_file=tmp_path)


def test_on_loopback_nobody_shows_a_token_and_one_that_is_shown_is_checked(tmp_path):
    with Edge(tmp_path) as edge, grpc.insecure_channel(edge.address) as channel:
        assert not (tmp_path / "data/admin.token").exists()
        told = ask(channel, "GetCaller")
        assert (told.name, told.role, told.token_id, told.tokens_required) == ("", 3, "", False)
        assert refusal(channel, "ListProjects", "mlp_forged") == INVALID
        made = ask(channel, "CreateToken", name="ann", role="ROLE_ANNOTATOR")
        assert made.token.created_by == ""
        assert refusal(channel, "TrainModel", made.secret, project_id="p")[0] == "PERMISSION_DENIED"
        assert refusal(channel, "TrainModel", project_id="p")[0] == "NOT_FOUND"


def test_an_annotator_s_images_are_chosen_by_the_campaign_or_by_chance(guarded):
    channel, annotator = guarded.channel, guarded.secrets["annotator_p"]
    import_picture(guarded, "strategies.png")
    for name in ("entropy", "k_means"):
        with pytest.raises(grpc.RpcError) as raised:
            select(channel, annotator, strategy={"name": name})
        assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED
        assert "annotators choose by the campaign's strategy or by random" in raised.value.details()
    batch = select(channel, annotator, strategy={"name": "random"})
    assert batch.picks
    ask(channel, "ReleaseBatch", annotator, project_id="p", batch_id=batch.id, annotator="annotator_p")
    with pytest.raises(grpc.RpcError) as raised:  # a lead's is looked at: there is no network yet that it needs
        select(channel, guarded.secrets["lead"], strategy={"name": "no_such"})
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
