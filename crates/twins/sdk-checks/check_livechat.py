"""lc-sdk-python against the LiveChat twin."""

import base64

from livechat.agent import AgentWeb
from livechat.configuration import ConfigurationApi
from livechat.webhooks.parser import parse_webhook

from bench import run


def at(bench, api, client):
    """The SDK knows no plain HTTP."""
    base = bench.connections["livechat"]["base_url"]
    client.api_url = f"{base}/v3.6/{api}/action"
    return client


def agent(token):
    return AgentWeb.get_client(token, version="3.6", disable_logging=True)


def bot(bench):
    settings = bench.connections["livechat"]
    configuration = at(bench, "configuration", ConfigurationApi.get_client("", version="3.6", disable_logging=True))
    issued = configuration.issue_bot_token(organization_id=settings["organization_id"], **settings["bot"])
    return at(bench, "agent", agent("Bearer " + issued.json()["token"]))


def parsed(arrived):
    return parse_webhook(arrived.json(), version="3.6")


def chat(bench, **params):
    payload = parsed(bench.play("livechat.message", **params)).payload
    return getattr(payload, "chat_id", None) or payload.chat["id"]


def an_event_goes_out_and_comes_back(bench):
    event = {"type": "message", "text": "hi", "visibility": "all", "custom_id": "r1"}
    answer = bot(bench).send_event(chat_id=chat(bench), event=event)
    assert answer.status_code == 200
    back, seen = parsed(bench.next()), parsed(bench.next())
    assert back.action == "incoming_event" and back.payload.event["id"] == answer.json()["event_id"]
    assert seen.action == "events_marked_as_seen"


def a_chat_sleeps_and_wakes(bench):
    me, id = bot(bench), chat(bench)
    assert me.deactivate_chat(id=id).status_code == 200
    assert parsed(bench.next()).action == "chat_deactivated"
    refused = me.send_event(chat_id=id, event={"type": "message", "text": "hi"})
    assert refused.json()["error"]["type"] == "chat_inactive"
    assert me.resume_chat(chat={"id": id}).status_code == 200
    # The documentation has `requester_id` here, the SDK's class does not.
    woken = bench.next().json()
    assert woken["action"] == "incoming_chat" and woken["payload"]["chat"]["id"] == id
    assert me.send_event(chat_id=id, event={"type": "message", "text": "hi"}).status_code == 200


def lists_settle_what_was_taken(bench):
    me, id = bot(bench), chat(bench)
    me.send_event(chat_id=id, event={"type": "message", "text": "hi", "custom_id": "r1"})
    threads = me.list_threads(chat_id=id, limit=1).json()["threads"]
    assert "r1" in [event.get("custom_id") for event in threads[0]["events"]]
    assert me.list_chats(limit=1).json()["found_chats"] == 1
    assert me.get_chat(chat_id=id).json()["thread"]["active"] is True
    assert me.list_archives().json()["chats"] == []


    customer = me.get_customer(id=me.get_chat(chat_id=id).json()["users"][0]["id"]).json()
    assert customer["chat_ids"] == [id]


def pages_stand_alone(bench):
    me = bot(bench)
    for number in ["+15550001001", "+15550001002"]:
        chat(bench, **{"from": number})
    page = me.list_chats(limit=1).json()
    assert me.list_chats(page_id=page["next_page_id"]).json()["chats_summary"] != page["chats_summary"]
    assert me.list_chats(page_id=page["next_page_id"], limit=1).json()["error"]["type"] == "validation"


def a_file_goes_up_and_into_a_chat(bench):
    me, id = bot(bench), chat(bench)
    upload = me.upload_file(file={"file": ("a.png", b"pixels", "image/png")})
    assert upload.status_code == 200 and upload.json()["url"].endswith("/a.png")
    event = {"type": "file", "url": upload.json()["url"], "custom_id": "r2"}
    assert me.send_event(chat_id=id, event=event).status_code == 200
    assert parsed(bench.next()).payload.event["custom_id"] == "r2"


def agents_see_webhooks_and_statuses(bench):
    settings = bench.connections["livechat/personal"]
    pair = f"{settings['account_id']}:{settings['personal_access_token']}"
    token = "Basic " + base64.b64encode(pair.encode()).decode()
    configuration = ConfigurationApi.get_client(token, version="3.6", disable_logging=True)
    configuration = at(bench, "configuration", configuration)
    registered = configuration.list_webhooks(owner_client_id=settings["client_id"]).json()
    assert {webhook["id"] for webhook in registered} == set(settings["webhook_secrets"])
    state = configuration.get_license_webhooks_state(owner_client_id=settings["client_id"]).json()
    assert state == {"license_webhooks_enabled": True}
    statuses = at(bench, "agent", agent(token)).list_routing_statuses().json()
    assert {"agent_id": "tom@acme.example", "status": "offline"} in statuses


def tokens_belong_to_a_region(bench):
    settings = bench.connections["livechat/frankfurt"]
    pair = f"{settings['account_id']}:{settings['personal_access_token']}"
    token = "Basic " + base64.b64encode(pair.encode()).decode()
    me = at(bench, "agent", agent(token))
    error = me.list_chats().json()["error"]
    assert (error["type"], error["data"]["region"]) == ("misdirected_request", "fra")
    assert me.list_chats(headers={"X-Region": "fra"}).status_code == 200


def fixtures_can_be_parsed(bench):
    for event in [
        "chat_started", "message", "file", "form", "quick_reply", "postback", "custom", "edited", "seen",
        "agent_message", "agent_card", "note", "agent_joined", "agent_left", "transferred", "chat_ended",
        "access_updated", "system_message", "system_event", "thread_tagged", "routing_status",
    ]:
        arrived = bench.play(f"livechat.{event}")
        secrets = bench.connections["livechat"]["webhook_secrets"]
        assert secrets[parsed(arrived).webhook_id] == [arrived.json()["secret_key"]], event


run(
    an_event_goes_out_and_comes_back,
    a_chat_sleeps_and_wakes,
    lists_settle_what_was_taken,
    pages_stand_alone,
    a_file_goes_up_and_into_a_chat,
    agents_see_webhooks_and_statuses,
    tokens_belong_to_a_region,
    fixtures_can_be_parsed,
)
