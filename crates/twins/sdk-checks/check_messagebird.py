"""The messagebird package (REST and Conversations) against the MessageBird twin."""

from datetime import datetime

import messagebird.client
from messagebird import Client
from messagebird.client import ErrorException
from messagebird.error import ValidationError
from messagebird.request_validator import RequestValidator

from bench import refusal, run

NUMBER = "15550100011"


def client(bench, key=None):
    settings = bench.connections["messagebird"]
    messagebird.client.ENDPOINT = settings["base_url"] + "/"
    messagebird.client.CONVERSATION_API_ROOT = settings["conversations_url"] + "/"
    return Client(key or settings["access_key"])


def claims(bench, arrived, url=None):
    validator = RequestValidator(bench.connections["messagebird"]["signing_keys"][0])
    signature = arrived.headers["MessageBird-Signature-JWT"]
    return validator.validate_signature(signature, url or bench.url + arrived.path, arrived.body)


def a_text_is_sent_and_reported(bench):
    url = f"{bench.url}/webhooks/messagebird?x=%C3%A9"
    message = client(bench).message_create(
        NUMBER, ["15550001001", "15550001002"], "Olá & +1", {"reference": "r1", "reportUrl": url}
    )
    assert (message.direction, message.body, message.reference) == ("mt", "Olá & +1", "r1")
    assert message.recipients["totalCount"] == 2 and isinstance(message.createdDatetime, datetime)
    assert [item.recipient for item in message.recipients["items"]] == [15550001001, 15550001002]
    tokens = set()
    for _ in range(4):
        arrived = bench.next()
        tokens.add(claims(bench, arrived)["jti"])
        assert arrived.path.startswith("/webhooks/messagebird?x=%C3%A9&") and message.id in arrived.path
    assert len(tokens) == 4, "a token is good for one use"
    fetched = client(bench).message(message.id)
    assert [item.status for item in fetched.recipients["items"]] == ["delivered", "delivered"]
    assert isinstance(fetched.recipients["items"][0].statusDatetime, datetime)


def pictures_are_sent(bench):
    mms = client(bench).mms_create(NUMBER, "15550001001", "look", "https://x.example/a.png", subject="s")
    assert (mms.direction, mms.subject, mms.mediaUrls) == ("mt", "s", ["https://x.example/a.png"])


def errors_have_codes(bench):
    for originator, recipients, body, code, parameter in [
        (NUMBER, "15550002001", "x", 9, "recipients"),
        (NUMBER, "hello", "x", 9, "recipients"),
        ("", "15550001001", "x", 9, "originator"),
        (NUMBER, "15550001001", "x" * 1378, 10, "body"),
    ]:
        send = lambda: client(bench).message_create(originator, recipients, body)
        error = refusal(ErrorException, send).errors[0]
        assert (error.code, error.parameter) == (code, parameter), error
    stranger = client(bench, "wrong")
    assert refusal(ErrorException, stranger.balance).errors[0].code == 2
    assert refusal(ErrorException, lambda: client(bench).message("0" * 32)).errors[0].code == 20


def lists_and_schedules(bench):
    for number in range(3):
        client(bench).message_create(NUMBER, "15550001001", f"message {number}")
    page = client(bench).message_list(limit=2, offset=1)
    assert (page.totalCount, [message.body for message in page.items]) == (3, ["message 1", "message 0"])
    later = {"scheduledDatetime": "2099-01-01T00:00:00+00:00"}
    message = client(bench).message_create(NUMBER, "15550001001", "later", later)
    assert message.scheduledDatetime.year == 2099
    assert len(client(bench).message_list(status="scheduled").items) == 1
    client(bench).message_delete(message.id)
    assert len(client(bench).message_list(status="scheduled").items) == 0


def balance_and_lookups(bench):
    assert client(bench).balance().payment == "prepaid"
    assert client(bench).lookup("15550001001").type == "mobile"
    assert client(bench).lookup_hlr("15550001001").status == "active"
    assert client(bench).lookup_hlr_create("15550002002").status == "unknown"


def a_conversation(bench):
    channel = next(iter(bench.connections["messagebird"]["channels"]))
    request = {"to": "+15550001001", "channelId": channel, "type": "text", "content": {"text": "hi"}}
    conversation = client(bench).conversation_start(request)
    assert conversation.status == "active" and conversation.contact.msisdn == 15550001001
    for state in ["sent", "delivered", "read"]:
        arrived = bench.next()
        claims(bench, arrived)
        assert arrived.json()["message"]["status"] == state
    reply = {"type": "text", "content": {"text": "again"}}
    message = client(bench).conversation_create_message(conversation.id, reply)
    assert (message.conversationId, message.content) == (conversation.id, {"text": "again"})
    assert client(bench).conversation_read_message(message.id).direction == "sent"
    assert len(client(bench).conversation_list_messages(conversation.id).items) == 2
    assert client(bench).conversation_update(conversation.id, {"status": "archived"}).status == "archived"
    assert client(bench).conversation_list().items[0].id == conversation.id


def fixtures_are_signed(bench):
    for event in ["sms", "sms_json", "mms", "whatsapp", "status_failed", "conversation_archived"]:
        claims(bench, bench.play(f"messagebird.{event}"))
    for event in ["bad_signature", "expired_token"]:
        arrived = bench.play(f"messagebird.{event}")
        refusal(ValidationError, lambda: claims(bench, arrived))
    arrived = bench.play("messagebird.sms")
    refusal(ValidationError, lambda: claims(bench, arrived, "https://gw.example.net/"))


run(
    a_text_is_sent_and_reported,
    pictures_are_sent,
    errors_have_codes,
    lists_and_schedules,
    balance_and_lookups,
    a_conversation,
    fixtures_are_signed,
)
