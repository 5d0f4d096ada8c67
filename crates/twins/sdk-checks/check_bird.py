"""The messagebird-sdk package (Bird's platform) against the MessageBird twin."""

from bird import APIStatusError, Bird, RateLimitError
from bird import WebhookVerificationError

from bench import refusal, run

NUMBER = "+15550100011"
WHATSAPP = "+15550100012"


def client(bench, key=None):
    settings = bench.connections["messagebird/platform"]
    return Bird(
        api_key=key or settings["access_key"],
        base_url=settings["base_url"],
        webhook_secret=settings["signing_keys"][0],
        max_retries=0,
    )


def event(bench, arrived):
    return client(bench).webhooks.unwrap(arrived.body, arrived.headers).root


def send(bench, to="+15550001001", key=None, **more):
    options = {"idempotency_key": key} if key else None
    return client(bench).sms.send(
        to=to, from_=NUMBER, text="Olá", category="transactional", metadata={"ref": "r1"}, options=options, **more
    )


def a_text_is_sent_and_reported(bench):
    message = send(bench)
    assert (message.status, message.direction, message.segments.count) == ("accepted", "outbound", 1)
    for kind in ["sms.accepted", "sms.sent", "sms.delivered"]:
        reported = event(bench, bench.next())
        assert (reported.type, reported.data.sms_id) == (kind, message.id)
        assert reported.data.metadata == {"ref": "r1"}
    assert client(bench).sms.get(message.id).status == "delivered"


def whatsapp_is_sent_and_read(bench):
    message = client(bench).whatsapp.send(to="+15550001001", from_=WHATSAPP, text={"body": "hi"})
    for kind in ["whatsapp.accepted", "whatsapp.sent", "whatsapp.delivered", "whatsapp.read"]:
        reported = event(bench, bench.next())
        assert (reported.type, reported.data.whatsapp_id) == (kind, message.id)
    fetched = client(bench).whatsapp.get(message.id)
    assert fetched.status == "delivered" and fetched.read_at and fetched.to.phone_number == "+15550001001"


def what_somebody_sent_is_read_and_liked(bench):
    theirs = event(bench, bench.play("messagebird.platform_whatsapp")).data.whatsapp_id
    assert client(bench).whatsapp.mark_read(theirs, typing_indicator=True).typing_indicator is True
    assert client(bench).whatsapp.reaction.set(theirs, emoji="👍").emoji == "👍"
    client(bench).whatsapp.reaction.remove(theirs)


def a_failure_is_explained(bench):
    send(bench, "+15550002002")
    failed = [event(bench, bench.next()) for _ in range(3)][-1]
    assert (failed.type, failed.data.error.code) == ("sms.undelivered", "invalid_destination")


def errors_have_types(bench):
    for to, status, kind in [
        ("+15550002001", 422, "validation_error"),
        ("hello", 422, "validation_error"),
    ]:
        error = refusal(APIStatusError, lambda: send(bench, to))
        assert (error.status_code, error.type) == (status, kind), error
    error = refusal(RateLimitError, lambda: send(bench, "+15550002003"))
    assert error.retry_after == 2, error.retry_after
    error = refusal(APIStatusError, lambda: client(bench, "bk_us1_wrong").sms.list(limit=1))
    assert (error.status_code, error.type) == (401, "auth_error")


def a_key_sends_once(bench):
    first, again = send(bench, key="k1"), send(bench, key="k1")
    assert first.id == again.id
    error = refusal(APIStatusError, lambda: send(bench, "+15550001002", key="k1"))
    assert (error.status_code, error.code) == (409, "E01005")


def the_list_goes_on(bench):
    ids = [send(bench).id for _ in range(5)]
    page = client(bench).sms.list(limit=2, to="+15550001001", direction="outbound")
    assert [message.id for message in page] == ids[::-1]
    assert [message.id for message in client(bench).sms.list(created_after="2099-01-01T00:00:00Z")] == []


def fixtures_load_and_are_signed(bench):
    for name in [
        "sms", "stop", "start", "suppression", "whatsapp", "whatsapp_image", "whatsapp_document", "whatsapp_button",
        "reaction", "status_delivered", "status_failed", "whatsapp_status_read",
    ]:
        event(bench, bench.play(f"messagebird.platform_{name}"))
    arrived = bench.play("messagebird.platform_bad_signature")
    refusal(WebhookVerificationError, lambda: event(bench, arrived))


run(
    a_text_is_sent_and_reported,
    whatsapp_is_sent_and_read,
    what_somebody_sent_is_read_and_liked,
    a_failure_is_explained,
    errors_have_types,
    a_key_sends_once,
    the_list_goes_on,
    fixtures_load_and_are_signed,
)
