"""Values pass through a Python handler and the API with only the documented changes."""

import json
import urllib.request

import tasker

value = (
    '{"z":123456789012345678901234567890,"price":1.10,"e":-1E2,'
    '"a":{"k":1,"k":2.50},"t":"caf\\u00e9"}'
)


@tasker.step("give_context")
def give_context(context):
    assert list(context) == ["z", "price", "e", "a", "t"]
    assert context["z"] == 123456789012345678901234567890
    assert context["a"] == {"k": 2.5}  # of repeated members the last one
    return context


@tasker.step("give_parent")
def give_parent(give_context):
    return give_context


def fetch(url, body=None):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body and body.encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read().decode()


def test_integers_and_the_order_of_members_pass_through_python(engine):
    engine.template(
        "values", [("give_context", "give_context"), ("again", "give_parent", "give_context")]
    )
    api = engine.server.url + "/v1/tasks"
    with engine.worker(give_context, give_parent):
        name = f'"name":"values","namespace":"{engine.namespace}"'
        created = json.loads(fetch(api, f'{{{name},"context":{value}}}'))["task_id"]
        assert engine.client.wait(created, 60).state == "complete"

    # The context is stored as written; a handler's result has the values that Python read.
    assert f'"context":{value}' in fetch(f"{api}/{created}")
    returned = (
        '{"z":123456789012345678901234567890,"price":1.1,"e":-100.0,"a":{"k":2.5},"t":"café"}'
    )
    for step in ("give_context", "again"):
        assert f'"result":{returned}' in fetch(f"{api}/{created}/steps/{step}")
