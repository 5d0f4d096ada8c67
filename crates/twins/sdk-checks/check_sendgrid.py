"""sendgrid-python against the SendGrid twin."""

import base64
import io
import json
from email.parser import BytesParser

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader
from sendgrid.helpers.mail import (
    Asm, Attachment, Bcc, Category, Content, CustomArg, Email, GroupId, Header, Mail, MimeType, SendAt, To,
)

from bench import refusal, run

FROM = "hello@acmetravel.test"


def client(bench):
    settings = bench.connections["sendgrid"]
    return SendGridAPIClient(settings["api_key"], host=settings["base_url"])


def signed(bench, arrived, key):
    hook = EventWebhook(bench.connections["sendgrid"]["public_keys"][key])
    signature = arrived.headers[EventWebhookHeader.SIGNATURE]
    timestamp = arrived.headers[EventWebhookHeader.TIMESTAMP]
    return hook.verify_signature(arrived.text, signature, timestamp)


def form(arrived):
    """The fields of a multipart form."""
    head = f"Content-Type: {arrived.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parse(io.BytesIO(head + arrived.body)).get_payload()
    name = lambda part: part.get_param("name", header="content-disposition")
    return {name(part): part.get_payload(decode=True) for part in parts}


def a_mail_is_taken_and_reported(bench):
    mail = Mail(Email(FROM, "Acme"), To("ana@customer.example", "Ana"), "Trip 4711", "plain", "<p>html")
    mail.add_attachment(Attachment(base64.b64encode(b"soup").decode(), "menu.txt", "text/plain"))
    mail.add_custom_arg(CustomArg("omni_msg_id", "0193"))
    mail.add_header(Header("Message-ID", "<0193@acmetravel.test>"))
    mail.add_category(Category("support"))
    response = client(bench).send(mail)
    assert response.status_code == 202
    message_id = response.headers["X-Message-Id"]
    for state in ["processed", "delivered", "open"]:
        arrived = bench.next()
        assert signed(bench, arrived, 0), state
        [event] = arrived.json()
        assert (event["event"], event["omni_msg_id"], event["email"]) == (state, "0193", "ana@customer.example")
        assert event["sg_message_id"].split(".")[0] == message_id
        assert (event["smtp-id"], event["category"]) == ("<0193@acmetravel.test>", ["support"])


def everything_that_the_helpers_build_is_taken(bench):
    mail = Mail(FROM, [To("ana@sim.test"), To("eva@sim.test")], "Hi", "text", is_multiple=True)
    mail.add_bcc(Bcc("archive@sim.test"), p=0)
    mail.add_content(Content(MimeType.html, "<p>hi"))
    mail.send_at = SendAt(1)
    assert client(bench).send(mail).status_code == 202
    seen = {json.loads(bench.next().text)[0]["email"] for _ in range(3)}
    assert seen == {"ana@sim.test", "eva@sim.test", "archive@sim.test"}, seen


def errors_name_the_field(bench):
    for mail, status, field in [
        (Mail(FROM, "refused@sim.test", "Hi", "text"), 400, "personalizations.0.to.0.email"),
        (Mail("ceo@bank.example", "ana@sim.test", "Hi", "text"), 403, "from"),
        (Mail(FROM, "ana@sim.test", "", "text"), 400, "subject"),
    ]:
        error = refusal(HTTPError, lambda: client(bench).send(mail))
        assert (error.status_code, error.to_dict["errors"][0]["field"]) == (status, field), error.body
    stranger = SendGridAPIClient("SG.x", host=bench.connections["sendgrid"]["base_url"])
    assert refusal(HTTPError, lambda: stranger.client.scopes.get()).status_code == 401
    busy = refusal(HTTPError, lambda: client(bench).send(Mail(FROM, "busy@sim.test", "Hi", "text")))
    assert busy.status_code == 429 and busy.headers["X-RateLimit-Reset"].isdigit()


def the_account_can_be_asked(bench):
    api = client(bench).client
    assert "mail.send" in api.scopes.get().to_dict["scopes"]
    assert api.user.credits.get().to_dict["total"] == 100_000
    key = api.user.webhooks.event.settings.signed.get().to_dict["public_key"]
    assert key == bench.connections["sendgrid"]["public_keys"][0]


def suppressions_are_listed_and_lifted(bench):
    api = client(bench).client
    client(bench).send(Mail(FROM, "bounce@sim.test", "Hi", "text"))
    assert [entry["email"] for entry in api.suppression.bounces.get().to_dict] == ["bounce@sim.test"]
    assert api.suppression.bounces._("bounce@sim.test").delete().status_code == 204
    assert api.suppression.bounces.get().to_dict == []
    body = {"recipient_emails": ["leo@customer.example"]}
    assert api.asm.groups._(7).suppressions.post(request_body=body).status_code == 201
    mail = Mail(FROM, "leo@customer.example", "Hi", "text")
    mail.asm = Asm(GroupId(7))
    assert client(bench).send(mail).status_code == 202
    events = [bench.next().json()[0] for _ in range(3)]  # two are of the bounce
    reasons = [event["reason"] for event in events if event["email"] == "leo@customer.example"]
    assert reasons == ["Unsubscribed Address"], events


def a_batch_is_canceled(bench):
    api = client(bench).client
    batch_id = api.mail.batch.post().to_dict["batch_id"]
    body = {"batch_id": batch_id, "status": "cancel"}
    assert api.user.scheduled_sends.post(request_body=body).status_code == 201
    assert api.user.scheduled_sends._(batch_id).get().to_dict == [body]
    assert api.user.scheduled_sends._(batch_id).delete().status_code == 204


def fixtures_are_signed(bench):
    mail = bench.play("sendgrid.attachment")
    assert signed(bench, mail, 1)
    fields = form(mail)
    assert fields["attachment1"].startswith(b"%PDF"), fields.keys()
    assert json.loads(fields["attachment-info"])["attachment1"]["filename"] == "voucher.pdf"
    assert signed(bench, bench.play("sendgrid.email"), 1)
    assert not signed(bench, bench.play("sendgrid.email"), 0)
    assert not signed(bench, bench.play("sendgrid.bad_signature"), 1)
    for event in ["bounce", "spam_report", "group_unsubscribe", "batch", "unknown"]:
        assert signed(bench, bench.play(f"sendgrid.{event}"), 0), event


run(
    a_mail_is_taken_and_reported,
    everything_that_the_helpers_build_is_taken,
    errors_name_the_field,
    the_account_can_be_asked,
    suppressions_are_listed_and_lifted,
    a_batch_is_canceled,
    fixtures_are_signed,
)
