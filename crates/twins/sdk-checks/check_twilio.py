"""twilio-python against the Twilio twin."""

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bench import refusal, run

NUMBER = "+15550100001"
SERVICE = "MG" + "0a" * 16


def client(bench):
    settings = bench.connections["twilio"]
    client = Client(settings["account_sid"], settings["auth_tokens"][0])
    client.api.base_url = settings["base_url"]
    client.content.base_url = settings["base_url"]
    return client


def signed(bench, arrived, url):
    validator = RequestValidator(bench.connections["twilio"]["auth_tokens"][0])
    fields = dict(parse_qsl(arrived.text, keep_blank_values=True))
    return validator.validate(url, fields, arrived.headers["X-Twilio-Signature"]), fields


def a_text_is_queued_and_reported(bench):
    callback = f"{bench.url}/webhooks/twilio?m=0193"
    message = client(bench).messages.create(
        to="+15550001001", from_=NUMBER, body="Olá & +1", status_callback=callback
    )
    assert (message.status, message.direction, message.num_segments) == ("queued", "outbound-api", "1")
    for state in ["sent", "delivered"]:
        valid, fields = signed(bench, bench.next(), callback)
        assert valid and fields["MessageSid"] == message.sid and fields["MessageStatus"] == state, fields
    fetched = client(bench).messages(message.sid).fetch()
    assert (fetched.status, fetched.body, fetched.price_unit) == ("delivered", "Olá & +1", "USD")
    assert isinstance(fetched.date_sent, datetime) and fetched.error_code is None


def errors_have_code_and_status(bench):
    for to, body, status, code in [
        ("+15550002001", "x", 400, 21211),
        ("+15550002008", "x", 400, 21610),
        ("+15550002003", "x", 429, 20429),
        ("+15550001001", "x" * 1601, 400, 21617),
    ]:
        send = lambda: client(bench).messages.create(to=to, from_=NUMBER, body=body)
        error = refusal(TwilioRestException, send)
        assert (error.status, error.code) == (status, code), error
    stranger = Client("AC" + "0" * 32, "x")
    stranger.api.base_url = bench.connections["twilio"]["base_url"]
    error = refusal(TwilioRestException, lambda: stranger.messages("SM" + "0" * 32).fetch())
    assert (error.status, error.code) == (401, 20003)


def the_list_has_pages_and_filters(bench):
    for number in range(5):
        client(bench).messages.create(to="+15550001001", from_=NUMBER, body=f"message {number}")
    client(bench).messages.create(to="+15550001002", from_=NUMBER, body="other")
    mine = client(bench).messages.list(to="+15550001001", from_=NUMBER, page_size=2)
    assert [message.body for message in mine] == [f"message {n}" for n in (4, 3, 2, 1, 0)]
    since = datetime.now(timezone.utc) - timedelta(minutes=1)
    assert len(client(bench).messages.list(date_sent_after=since)) == 6
    assert client(bench).messages.list(date_sent_before=since) == []


def a_scheduled_message_is_canceled(bench):
    due = datetime.now(timezone.utc) + timedelta(hours=1)
    message = client(bench).messages.create(
        to="+15550001001", messaging_service_sid=SERVICE, body="later", schedule_type="fixed", send_at=due
    )
    assert message.status == "scheduled"
    canceled = client(bench).messages(message.sid).update(status="canceled")
    assert canceled.status == "canceled"
    again = lambda: client(bench).messages(message.sid).update(status="canceled")
    assert refusal(TwilioRestException, again).code == 30409


def account_and_balance(bench):
    sid = bench.connections["twilio"]["account_sid"]
    assert client(bench).api.accounts(sid).fetch().status == "active"
    assert client(bench).balance.fetch().currency == "USD"


def fixtures_are_signed(bench):
    url = f"{bench.url}/webhooks/twilio"
    for event in ["sms", "mms", "whatsapp_button", "stop", "status_failed"]:
        valid, _ = signed(bench, bench.play(f"twilio.{event}"), url)
        assert valid, event
    valid, _ = signed(bench, bench.play("twilio.bad_signature"), url)
    assert not valid


run(
    a_text_is_queued_and_reported,
    errors_have_code_and_status,
    the_list_has_pages_and_filters,
    a_scheduled_message_is_canceled,
    account_and_balance,
    fixtures_are_signed,
)
