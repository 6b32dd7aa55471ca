"""tasker.Template on the real engine: every key, the templates of config, and a run."""

import dataclasses
import inspect
import json
import typing
import urllib.request

import pytest
from example_templates import template_files

import tasker
from tasker import _template_parts as parts

# What the builder leaves out on purpose: a synonym, what is refused, and the types of tasker-core,
# which conditions and maps replace.
left_out = {"steps.depends_on", "defaults.handler.callable", "steps.type"}


@pytest.fixture(scope="module")
def schema(tasker_server):
    with urllib.request.urlopen(f"{tasker_server.url}/template.schema.json", timeout=60) as answer:
        return json.load(answer)


def below(schema):
    """The schemas of the keys of a mapping, also of those in a list or a mapping."""
    while "properties" not in schema:
        schema = schema.get("items") or schema.get("additionalProperties")
        if not isinstance(schema, dict):
            return {}
    return schema["properties"]


def mappings(value, schema):
    """The mappings that the keys of ``below(schema)`` are in."""
    if "properties" in schema:
        return [value]
    if "items" in schema:
        return [found for each in value for found in mappings(each, schema["items"])]
    others = schema["additionalProperties"]
    return [found for each in value.values() for found in mappings(each, others)]


def unwritten(schema, values, path=""):
    """The keys that none of the values has."""
    for key, member in below(schema).items():
        written = [value[key] for value in values if key in value]
        if not written:
            yield path + key
        elif below(member):
            inner = [found for each in written for found in mappings(each, member)]
            yield from unwritten(member, inner, f"{path}{key}.")


def every_key():
    """A template with every key that the builder can write."""
    policy = tasker.RetryPolicy(
        retryable=True, max_attempts=3, backoff="linear", backoff_base_ms=1, max_backoff_ms=2,
        only=["busy"], jitter=False,
    )
    settings = tasker.Settings(
        method="strict", initialization={"a": 1}, retry=policy, timeout_seconds=1
    )
    made = tasker.Template(
        "every_key", version="1.0.0", namespace="default", description="x", metadata={"a": 1},
        input_schema={"type": "object"}, system_dependencies={"a": 1}, defaults=settings,
        timeout_seconds=60, budget={"tokens": 1000},
        on_failure=tasker.Hook(webhook="https://example.org", secret="a"),
        on_complete=tasker.Hook(workflow="other", namespace="default", version="1.0.0"),
    )
    first = made.step(
        "first", "h", description="x", inputs={"a": made.context}, result_schema=True,
        method="strict", initialization={"a": 1}, retry=policy, timeout_seconds=1,
        repeat=tasker.Repeat(made.run_result["done"], delay_seconds=1, max_times=3),
        compensate=dataclasses.replace(settings, handler="u"),
    )
    patient = tasker.RetryPolicy(except_=["broken"])
    made.step(
        "second", "h", after=first, join="none_failed", when=first.result["n"] > 1,
        otherwise="fail", allow_failure=True, retry=patient,
        map=tasker.Map(first.result, batch_size=2, max_parallel=3, on_item_failure="collect",
                       max_failures="5%"),
        compensate=tasker.Settings("u", retry=patient),
    )
    event = tasker.Event(
        "done", condition="always", delivery_mode="fast", description="x", schema=True
    )
    made.step("third", "h", matrix={"os": ["linux", "mac"]}, publishes_events=[event],
              priority=3)
    made.sleep("nap", seconds=1)
    made.sleep("night", until=made.context["at"])
    made.signal(
        "approve", signal="yes", schema=True, deadline_seconds=1, on_deadline="complete", value=1,
        form=tasker.Form("x", description="x"),
    )
    made.signal("paid", key=made.context["order"])
    made.signal("vote", quorum=2)
    made.workflow(
        "child", "other", namespace="default", version="1.0.0", context={"a": 1}, priority=2,
    )
    made.override("production", settings)
    named = tasker.Settings("h", retry=patient)
    made.override("production", named, step=first)
    made.result = {"a": first.result}
    return made


def test_every_key_of_the_schema_can_be_written(schema):
    values = [every_key().to_dict(), overridden().to_dict()]
    assert set(unwritten(schema, values)) == left_out


@pytest.mark.parametrize("kind", ["sleep", "signal", "workflow"])
def test_a_kind_of_step_has_the_parameters_that_the_schema_allows(schema, kind):
    step = schema["properties"]["steps"]["items"]
    (rule,) = [each for each in step["oneOf"] if each["required"] == [kind]]
    refused = {key for key, allowed in rule["properties"].items() if allowed is False}
    shared = step["properties"].keys() - {"handler", "sleep", "signal", "workflow", "type"}
    shared -= {"dependencies", "depends_on"}
    parameters = inspect.signature(getattr(tasker.Template, kind)).parameters.keys()
    if kind == "workflow":
        shared -= {"priority"}  # it is that of the child task
    assert parameters & shared == shared - refused


def overridden():
    """The keys that cannot be beside those of ``every_key``."""
    made = tasker.Template(
        "t", version="1.0.0", defaults=tasker.Settings(retry=tasker.RetryPolicy(except_=["a"])),
        on_failure=tasker.Hook(workflow="other", namespace="default", version="1.0.0"),
        on_complete=tasker.Hook(webhook="https://example.org", secret="a"),
    )
    made.step("a", "h")
    return made


def test_the_words_of_the_schema_are_those_of_the_types(schema):
    words = {
        ("join",): parts.Join,
        ("otherwise",): parts.Otherwise,
        ("retry", "backoff"): parts.Backoff,
        ("compensate", "retry", "backoff"): parts.Backoff,
        ("map", "on_item_failure"): parts.OnItemFailure,
        ("signal", "on_deadline"): parts.OnDeadline,
        ("publishes_events", "condition"): parts.EventCondition,
        ("publishes_events", "delivery_mode"): parts.DeliveryMode,
    }

    def enums(schema, path=()):
        for key, member in below(schema).items():
            if "enum" in member:
                yield (*path, key), member["enum"]
            yield from enums(member, (*path, key))

    found = dict(enums(schema["properties"]["steps"]))
    del found[("type",)]
    assert found == {path: list(typing.get_args(kind)) for path, kind in words.items()}


def group(kind, keys):
    """A dataclass of the builder from the keys of a template."""
    return kind(**{"except_" if key == "except" else key: each for key, each in keys.items()})


def settings(keys):
    """The parameters of ``step`` and ``Settings``; takes their keys."""
    handler = keys.pop("handler", {})
    if "callable" in handler:
        handler["handler"] = handler.pop("callable")
    if "retry" in keys:
        handler["retry"] = group(tasker.RetryPolicy, keys.pop("retry"))
    if "timeout_seconds" in keys:
        handler["timeout_seconds"] = keys.pop("timeout_seconds")
    return handler


def undo(keys):
    """The value of ``compensate``, whose keys of the handler are not in a mapping."""
    names = ("callable", "method", "initialization")
    handler = {name: keys.pop(name) for name in names if name in keys}
    return tasker.Settings(**settings({"handler": handler, **keys}))


def add(made, keys):
    """Adds a step by its keys."""
    name, after = keys.pop("name"), keys.pop("dependencies", [])
    if "compensate" in keys:
        keys["compensate"] = undo(keys["compensate"])
    for key, kind in (("map", tasker.Map), ("repeat", tasker.Repeat)):
        if key in keys:
            keys[key] = group(kind, keys[key])
    if "publishes_events" in keys:
        keys["publishes_events"] = [tasker.Event(**each) for each in keys["publishes_events"]]
    if "sleep" in keys:
        made.sleep(name, after=after, **keys.pop("sleep"), **keys)
    elif "signal" in keys:
        own = keys.pop("signal")
        form = {"form": group(tasker.Form, own.pop("form"))} if "form" in own else {}
        made.signal(name, signal=own.pop("name"), after=after, **form, **own, **keys)
    elif "workflow" in keys:
        own = keys.pop("workflow")
        made.workflow(name, own.pop("name"), after=after, **own, **settings(keys), **keys)
    else:
        made.step(name, after=after, **settings(keys), **keys)


def rebuilt(definition):
    """What a definition says, by the methods of the builder."""
    keys = json.loads(json.dumps(definition))
    steps, environments = keys.pop("steps"), keys.pop("environments", {})
    result, namespace = keys.pop("result", None), keys.pop("namespace_name", None)
    defaults = settings(keys.pop("defaults", {}))
    given: dict[str, typing.Any] = {"defaults": tasker.Settings(**defaults)} if defaults else {}
    for key in ("on_failure", "on_complete"):
        if key in keys:
            hook = keys.pop(key)
            child = hook.pop("workflow", {})
            given[key] = tasker.Hook(**hook, workflow=child.pop("name", None), **child)
    made = tasker.Template(keys.pop("name"), namespace=namespace, **given, **keys)
    for step in steps:
        add(made, step)
    for name, overrides in environments.items():
        for each in overrides["steps"]:
            step = each.pop("name")
            made.override(name, tasker.Settings(**settings(each)), step=step)
    made.result = result
    return made


def test_every_key_is_rebuilt():
    for made in (every_key(), overridden()):
        assert rebuilt(made.to_dict()).to_dict() == made.to_dict()


@pytest.mark.parametrize("path", template_files(), ids=lambda path: path.stem)
def test_a_built_template_has_the_definition_of_its_file(tasker_client, path):
    """Other content under the same version would be refused."""
    view = tasker_client.register_template(path)
    definition = tasker_client.template(view.name, view.version).definition
    made = rebuilt(definition)
    for source in (made, made.to_yaml()):
        assert tasker_client.register_template(source).steps_total == len(definition["steps"])
    made.result = {"other": made.context}
    with pytest.raises(tasker.Conflict):
        tasker_client.register_template(made)


@tasker.step("photos.list")
def list_photos(context):
    return {"files": context["files"], "total": len(context["files"])}


@tasker.step("photos.resize")
def resize(item, inputs):
    return f"{inputs['size']}/{item}"


def photos(namespace):
    made = tasker.Template("photos", version="1.0.0", namespace=namespace)
    listed = made.step("list", list_photos)
    resized = made.step(
        "resize", resize, after=listed, map=tasker.Map(listed.result["files"]),
        inputs={"size": made.context["size"].default("small")},
    )
    nap = made.sleep("nap", seconds=0.01, after=listed)
    approve = made.signal(
        "approve", after=[listed, nap], when=listed.result["total"] > 2,
        schema={"type": "object", "required": ["approved"]},
    )
    approved = approve.result["payload"]["approved"]
    made.step("publish", "tasker.noop", after=approve, when=approved)
    made.result = {
        "photos": resized.result,
        "by": approve.result["by"],
        "title": f"{made.context['size'].default('small')} photos",
    }
    return made


def test_a_built_template_runs(tasker_server, tasker_client, tasker_namespace):
    client = tasker_client
    assert client.register_template(photos(tasker_namespace)).name == "photos"

    def states(task):
        return {step.name: step.state for step in client.steps(task)}

    with tasker_server.worker(list_photos, resize, namespaces=[tasker_namespace]):
        few = client.create_task("photos", {"files": ["a"]}, namespace=tasker_namespace)
        few = client.wait(few, timeout=60, check=True)
        assert few.result == {"photos": ["small/a"], "by": None, "title": "small photos"}
        assert states(few) == {
            "list": "complete", "resize": "complete", "nap": "complete", "approve": "skipped",
            "publish": "skipped",
        }

        many = {"files": ["a", "b", "c"], "size": "big"}
        many = client.create_task("photos", many, namespace=tasker_namespace)
        client.signal(many, "approve", {"approved": True}, by="ada")
        many = client.wait(many, timeout=60, check=True)
        assert many.result == {
            "photos": ["big/a", "big/b", "big/c"], "by": "ada", "title": "big photos"
        }
        assert set(states(many).values()) == {"complete"}
