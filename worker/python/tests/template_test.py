"""tasker.Template: what it writes is what a template file says."""

import datetime
import random

import pytest

import tasker
from tasker import _native, _yaml, testing


@tasker.step("order.validate")
def validate_order(context):
    return {"total": sum(context["items"])}


@tasker.step("order.charge")
def charge_order(inputs):
    return inputs


class Parcels:
    @tasker.step("order.ship")
    def ship(self): ...


WRITTEN = """\
name: orders
namespace_name: shop
version: '1.0.0'
description: From an order to its parcel
defaults:
  handler:
    initialization: {region: eu}
steps:
  - name: validate
    handler: {callable: order.validate}
    timeout_seconds: 10
  - name: charge
    dependencies: [validate]
    when: '$.validate.total > 100'
    otherwise: fail
    handler: {callable: order.charge, method: strict}
    priority: 3
    inputs: {total: '${parents/validate/total}', subject: 'Order ${context/id}'}
    retry: {max_attempts: 5, backoff: exponential}
  - name: ship
    dependencies: [charge, validate]
    handler: {callable: order.ship}
environments:
  production:
    steps:
      - {name: ALL, timeout_seconds: 60}
result: {total: '${steps/validate/total}'}
"""


def orders():
    made = tasker.Template(
        "orders",
        version="1.0.0",
        namespace="shop",
        description="From an order to its parcel",
        defaults=tasker.Settings(initialization={"region": "eu"}),
    )
    validate = made.step("validate", validate_order, timeout_seconds=10)
    charge = made.step(
        "charge",
        charge_order,
        after=validate,
        when=validate.result["total"] > 100,
        otherwise="fail",
        method="strict",
        priority=3,
        inputs={"total": validate.result["total"], "subject": f"Order {made.context['id']}"},
        retry=tasker.RetryPolicy(max_attempts=5, backoff="exponential"),
    )
    made.step("ship", Parcels, after=[charge, "validate"])
    made.override("production", tasker.Settings(timeout_seconds=60))
    made.result = {"total": validate.result["total"]}
    return made


def compiled(text, is_json=False):
    problems, template = _native.compile_template(text, is_json, "default")
    assert problems == []
    return template


def test_a_template_is_written_as_readable_yaml():
    assert orders().to_yaml() == WRITTEN


def test_yaml_json_and_values_are_the_same_template():
    made = orders()
    assert compiled(made.to_yaml()) == compiled(made.to_json(), is_json=True) == compiled(
        _native.write_json(made.to_dict()), is_json=True
    )


def test_a_template_runs_in_memory():
    made = tasker.Template("t", version="1.0.0")
    validate = made.step("validate", validate_order)
    made.step("charge", charge_order, after=validate, inputs={"n": validate.result["total"]})
    run = testing.run(made, [validate_order, charge_order], {"items": [1, 2.5]})
    assert run.result == {"charge": {"n": 3.5}}


def some_step():
    return tasker.Template("t", version="1.0.0").step("fetch-users", "h")


def test_references_become_placeholders():
    result, context = some_step().result, tasker.Template.context
    assert str(result) == "${parents/fetch-users}"
    assert str(result["a/b"]["c~d"][0]) == "${parents/fetch-users/a~1b/c~0d/0}"
    assert str(context["currency"].default("EUR")) == '${context/currency:-"EUR"}'
    assert str(context.default(None)["n"]) == "${context/n:-null}"
    assert str(some_step().state) == "${parent_states/fetch-users}"
    assert str(tasker.Template.item["name"]) == "${item/name}"


def test_a_repeated_child_task_reads_its_run_and_the_last_result():
    made = tasker.Template("t", version="1.0.0")
    made.workflow(
        "load", "page", repeat=tasker.Repeat(until=made.run_result["next"] == -1),
        context={"page": made.iteration, "after": made.previous["next"].default(0),
                 "title": f"page {made.iteration}"},
    )
    workflow = compiled(made.to_yaml())["definition"]["steps"][0]["workflow"]
    assert workflow["context"] == {
        "after": "${previous/next:-0}", "page": "${iteration}", "title": "page ${iteration}",
    }


def test_references_become_paths():
    result = some_step().result
    assert result["total"].path == '$."fetch-users".total'
    assert f"exists($.{tasker.Template('t', version='1.0.0').step('a', 'h')}.n)" == "exists($.a.n)"
    assert result["a b"][3]['"'].path == '$."fetch-users"."a b"[3]."\\""'
    assert tasker.Template.context["x"].path == "$context.x"


def test_comparisons_become_conditions():
    result, context = some_step().result, tasker.Template.context
    name = '$."fetch-users"'
    assert str(result["n"] >= 1.5) == f"{name}.n >= 1.5"
    assert str(result["n"] != context["n"]) == f"{name}.n != $context.n"
    assert str(context["a"] == 'say "x"') == '$context.a == "say \\"x\\""'
    assert str((context["a"] < 1) | ~(context["b"] == None)) == (  # noqa: E711
        "($context.a < 1) || (!($context.b == null))"
    )
    assert str((context["a"] <= 1) & (context["b"] == True)) == (  # noqa: E712
        "($context.a <= 1) && ($context.b == true)"
    )
    assert str((context["a"] <= 1) & context["b"]) == "($context.a <= 1) && ($context.b == true)"
    assert str((context["a"] <= 1) | "exists($context.b)") == (
        "($context.a <= 1) || (exists($context.b))"
    )


def test_what_would_mean_something_else_is_refused():
    result, made = some_step().result, tasker.Template("t", version="1.0.0")
    with pytest.raises(TypeError, match="combine conditions with &"):
        assert 0 < result["n"] < 10
    with pytest.raises(TypeError, match="combine conditions with &"):
        made.step("c", "h", when=result["ok"] and (result["n"] > 1))
    with pytest.raises(TypeError, match="combine conditions with &"):
        made.step("c", "h", when=not result["ok"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cannot be compared with a list"):
        assert result["n"] == [1]
    with pytest.raises(TypeError, match="index from 0"):
        result[-1]
    with pytest.raises(TypeError, match="not iterable"):
        list(result)
    with pytest.raises(ValueError, match="ends the placeholder"):
        result.default({"a": 1})
    with pytest.raises(ValueError, match="cannot name a member"):
        str(result["a}"])
    with pytest.raises(TypeError, match="only for inputs"):
        assert made.item == 1
    with pytest.raises(TypeError, match="only for conditions"):
        made.step("a", "h", inputs={"x": made.run_result})
    with pytest.raises(TypeError, match="must be a condition"):
        made.step("b", "h", when=False)  # type: ignore[arg-type]


def test_seconds_and_times_are_those_of_python():
    made = tasker.Template("t", version="1.0.0")
    made.sleep("nap", seconds=datetime.timedelta(minutes=1.5))
    made.sleep("night", until=datetime.datetime(2030, 1, 1, 8, tzinfo=datetime.timezone.utc))
    made.sleep("wait", until=made.context["at"])
    assert [step["sleep"] for step in made.to_dict()["steps"]] == [
        {"seconds": 90.0},
        {"until": "2030-01-01T08:00:00+00:00"},
        {"until": "${context/at}"},
    ]


def test_none_is_a_value_only_inside_of_values():
    made = tasker.Template("t", version="1.0.0", metadata={"owner": None})
    made.step("a", "h", initialization={"x": None}, retry=None)
    assert made.to_dict() == {
        "name": "t",
        "version": "1.0.0",
        "metadata": {"owner": None},
        "steps": [{"name": "a", "handler": {"callable": "h", "initialization": {"x": None}}}],
    }


def test_a_child_runs_the_version_of_a_template():
    made = tasker.Template("parent", version="1.0.0")
    order = made.step("order", "h")
    made.workflow("a", orders(), after=order, context={"id": order.result["id"]})
    made.workflow("b", "pay", version="2.0.0")
    assert [step["workflow"] for step in made.to_dict()["steps"][1:]] == [
        {
            "name": "orders",
            "namespace": "shop",
            "version": "1.0.0",
            "context": {"id": "${parents/order/id}"},
        },
        {"name": "pay", "version": "2.0.0"},
    ]
    items = tasker.Map(order.result["items"], max_parallel=2)
    made.workflow("c", "pack", after=order, map=items, context={"file": made.item["file"]})
    packed = made.to_dict()["steps"][3]
    assert packed["map"] == {"over": "$.order.items", "max_parallel": 2}
    assert packed["workflow"]["context"] == {"file": "${item/file}"}


def test_all_problems_of_the_product_are_reported_with_their_fields():
    made = tasker.Template("t", version="1")
    a = made.step("a", "h", after=["b", "c"], retry=tasker.RetryPolicy(max_attempts=-1))
    made.step("b", "h", after=a, when=some_step().result["n"] > 1)
    with pytest.raises(ValueError) as refused:
        made.to_yaml()
    assert str(refused.value).splitlines() == [
        "version: must be three numbers such as 1.20.3, without leading zeros",
        "steps[0].retry.max_attempts: must be from 0 to 10000, not -1",
        'steps[0].dependencies[1]: names the unknown step "c"; did you mean "a"?',
        'steps[1].when: reads "fetch-users", which is not in the step\'s dependencies',
        "steps[0].dependencies: form a cycle: a -> b -> a",
    ]


def test_a_name_is_used_once_and_in_its_own_template():
    made, other = tasker.Template("one", version="1.0.0"), some_step()
    made.step("a", "h")
    with pytest.raises(ValueError, match='"a" is the name of an earlier step'):
        made.sleep("a", seconds=1)
    with pytest.raises(ValueError, match='step "fetch-users" is of the template "t"'):
        made.step("b", "h", after=other)


def test_a_handler_has_one_name():
    @tasker.step("x")
    @tasker.step("y")
    def twice(): ...

    def plain(): ...

    class Empty: ...

    made = tasker.Template("t", version="1.0.0")
    with pytest.raises(TypeError, match="twice has the names y, x; write one of them"):
        made.step("a", twice)
    with pytest.raises(TypeError, match=r"plain is not marked with @tasker\.step"):
        made.step("a", plain)
    with pytest.raises(TypeError, match="Empty is not marked"):
        made.step("a", Empty)
    made.step("a", Parcels().ship)
    assert made.to_dict()["steps"][0]["handler"] == {"callable": "order.ship"}


TEXTS = r"""yes NO null ~ True 1 -1 1.5 1e3 0o17 0x1f .5 .inf 2030-01-01 1:20 << - ? : | > ! & * % @
    ` = ... a:b a,b [a] {a} #a a#b 'a' "a" it's \ $a a. a- -a é 😀""".split()  # noqa: SIM905
TEXTS += ["", " ", " a", "a ", "a b", "a: b", "a #b", "- a", "? a", "--- a", "a\nb", "a\n", "\t"]
TEXTS += ["\x7f", "\u2028", "\ufeff", "\x85", "\xa0", "a" * 200]


def test_every_value_survives_yaml():
    seed = random.randrange(2**32)
    chance = random.Random(seed)

    def value(depth):
        kind = chance.randrange(8 if depth else 6)
        if kind == 6:
            return [value(depth - 1) for _ in range(chance.randrange(5))]
        if kind == 7:
            return {chance.choice(TEXTS): value(depth - 1) for _ in range(chance.randrange(5))}
        numbers = (chance.randrange(-(2**63), 2**64), chance.uniform(-1, 1) * 10.0**kind, 1e300)
        return chance.choice([*TEXTS, *numbers, None, True, False])

    inputs = {text: value(4) for text in TEXTS} | {f"own {text}": text for text in TEXTS}
    template = {
        "name": "t",
        "version": "1.0.0",
        "steps": [{"name": "a", "handler": {"callable": "h", "initialization": inputs}}],
    }
    read = compiled(_yaml.write(template))
    assert read == compiled(_native.write_json(template), is_json=True), seed
    assert read["steps"][0]["initialization"] == inputs, seed
