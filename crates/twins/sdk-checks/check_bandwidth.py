"""bandwidth-sdk (Python) against the Bandwidth twin."""

from base64 import b64encode
from datetime import datetime, timedelta, timezone

import bandwidth
from bandwidth.exceptions import ApiException
from bandwidth.models.inbound_callback import InboundCallback
from bandwidth.models.status_callback import StatusCallback

from bench import refusal, run

NUMBER, AGENT = "+15550100011", "AcmeTravel"


class Api:
    def __init__(self, bench, **changes):
        settings = bench.connections["bandwidth"]
        self.account = settings["account_id"]
        [self.application] = settings["applications"]
        credential = {"username": settings["api_user"], "password": settings["api_password"]}
        configuration = bandwidth.Configuration(
            host=settings["base_url"], ignore_operation_servers=True, **(changes or credential)
        )
        client = bandwidth.ApiClient(configuration)
        self.messages = bandwidth.MessagesApi(client)
        self.multi = bandwidth.MultiChannelApi(client)
        self.media = bandwidth.MediaApi(client)

    def send(self, to, **more):
        request = {"applicationId": self.application, "from": NUMBER, "to": to, "text": "hi", **more}
        return self.messages.create_message(self.account, bandwidth.MessageRequest.from_dict(request))


def authorized(bench, arrived, slot):
    credential = bench.connections["bandwidth"][f"{slot}_credentials"][0]
    pair = b64encode(f"{credential['user']}:{credential['password']}".encode()).decode()
    return arrived.headers["authorization"] == f"Basic {pair}" and f"/{slot}/" in arrived.path


def a_text_is_queued_and_reported(bench):
    soon = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    message = Api(bench).send(["+15550001001"], tag="0193", priority="high", expiration=soon)
    assert (message.direction.value, message.segment_count, message.tag) == ("out", 1, "0193")
    arrived = bench.next()
    assert authorized(bench, arrived, "status")
    event = StatusCallback.from_dict(arrived.json()[0])
    assert (event.type.value, event.to) == ("message-delivered", "+15550001001")
    assert (event.message.id, event.message.tag, event.message.text) == (message.id, "0193", "")


def a_group_and_its_media(bench):
    api = Api(bench)
    message = api.send(["+15550001001", "+15550001002"], media=["https://files.example.net/a.png"])
    assert (len(message.to), message.media) == (2, ["https://files.example.net/a.png"])
    events = [StatusCallback.from_dict(bench.next().json()[0]) for _ in range(4)]
    assert {event.message.id for event in events} == {message.id}
    assert sorted(event.type.value for event in events) == ["message-delivered"] * 2 + ["message-sending"] * 2


def rcs_goes_by_channels(bench):
    api = Api(bench)
    reply = {"type": "REPLY", "text": "Yes", "postbackData": "eWVz"}
    channel = {
        "from": AGENT, "applicationId": api.application, "channel": "RBM",
        "content": {"text": "Confirm?", "suggestions": [reply]},
    }
    request = bandwidth.MultiChannelMessageRequest.from_dict({"to": "+15550001001", "channelList": [channel], "tag": "t"})
    response = api.multi.create_multi_channel_message(api.account, request)
    assert (response.data.tag, response.data.channel_list[0].actual_instance.owner) == ("t", AGENT)
    kinds = [StatusCallback.from_dict(bench.next().json()[0]).type.value for _ in range(3)]
    assert kinds == ["message-sent", "message-delivered", "message-read"]


def cards_fit_the_models(bench):
    api = Api(bench)
    media = {"fileUrl": "https://files.example.net/a.png", "height": "MEDIUM"}
    ask = {"type": "REQUEST_LOCATION", "text": "Here", "postbackData": "aGVyZQ=="}
    card = {"title": "A", "description": "b", "media": media, "suggestions": [ask]}
    contents = [
        {"orientation": "VERTICAL", "cardContent": card},
        {"cardWidth": "SMALL", "cardContents": [card, card], "suggestions": [ask]},
        {"media": [{"fileUrl": "https://files.example.net/a.pdf"}]},
    ]
    for content in contents:
        channel = {"from": AGENT, "applicationId": api.application, "channel": "RBM", "content": content}
        request = bandwidth.MultiChannelMessageRequest.from_dict({"to": "+15550001001", "channelList": [channel]})
        response = api.multi.create_multi_channel_message(api.account, request)
        assert response.data.id
        kinds = [StatusCallback.from_dict(bench.next().json()[0]).type.value for _ in range(3)]
        assert kinds == ["message-sent", "message-delivered", "message-read"]
    request = bandwidth.MultiChannelMessageRequest.from_dict({"to": "+15550002001", "channelList": [channel]})
    error = refusal(ApiException, lambda: api.multi.create_multi_channel_message(api.account, request))
    assert (error.status, error.data.errors[0].type, error.data.errors[0].source.var_field) == (400, "request-validation", "to")


def errors_have_type_and_field(bench):
    api = Api(bench)
    error = refusal(ApiException, lambda: api.send(["+15550002001"]))
    assert (error.status, error.data.type, error.data.field_errors[0].field_name) == (400, "request-validation", "to[0]")
    assert refusal(ApiException, lambda: api.send(["+15550002003"])).status == 429
    stranger = Api(bench, username="x", password="y")
    error = refusal(ApiException, lambda: stranger.send(["+15550001001"]))
    assert (error.status, error.data.type) == (401, "unauthorized")


def a_bearer_token_works(bench):
    settings = bench.connections["bandwidth"]
    url = settings["base_url"].replace("/api/v2", "/api/v1/oauth2/token")
    api = Api(bench, client_id=settings["api_user"], client_secret=settings["api_password"], access_token_url=url)
    assert api.send(["+15550001001"]).id


def the_list_shows_what_was_sent(bench):
    api = Api(bench)
    for _ in range(3):
        message = api.send(["+15550001001"])
    api.send(["+15550001002"])
    found = api.messages.list_messages(
        api.account, source_tn=NUMBER, destination_tn="+15550001001", message_direction="OUTBOUND", limit=2,
        from_date_time="2020-01-01T00:00:00Z",
    )
    assert (found.total_count, len(found.messages), found.messages[0].message_id) == (3, 2, message.id)
    rest = api.messages.list_messages(api.account, destination_tn="+15550001001", limit=2, page_token=found.page_info.next_page_token)
    assert len(rest.messages) == 1 and rest.page_info.next_page is None


def media_are_put_and_fetched(bench):
    api = Api(bench)
    api.media.upload_media(api.account, "menu.txt", b"soup", _content_type="text/plain")
    assert bytes(api.media.get_media(api.account, "menu.txt")) == b"soup"
    assert [file.media_name for file in api.media.list_media(api.account)] == ["menu.txt"]
    api.media.delete_media(api.account, "menu.txt")
    assert refusal(ApiException, lambda: api.media.get_media(api.account, "menu.txt")).status == 404
    put = lambda: api.media.upload_media(api.account, "a.exe", b"MZ", _content_type="application/x-msdownload")
    assert refusal(ApiException, put).data.type == "unsupported-content-type"


def fixtures_fit_the_models(bench):
    for event in ["text", "mms", "group", "rbm_text", "rbm_file", "rbm_button", "rbm_location", "stop"]:
        arrived = bench.play(f"bandwidth.{event}")
        assert authorized(bench, arrived, "inbound"), event
        callback = InboundCallback.from_dict(arrived.json()[0])
        assert callback.message.direction.value == "in", event
    failed = StatusCallback.from_dict(bench.play("bandwidth.status_failed", code=4470).json()[0])
    assert (failed.error_code, failed.description) == (4470, "rejected-spam-detected")
    assert not authorized(bench, bench.play("bandwidth.bad_signature"), "inbound")


run(
    a_text_is_queued_and_reported,
    a_group_and_its_media,
    rcs_goes_by_channels,
    cards_fit_the_models,
    errors_have_type_and_field,
    a_bearer_token_works,
    the_list_shows_what_was_sent,
    media_are_put_and_fetched,
    fixtures_fit_the_models,
)
