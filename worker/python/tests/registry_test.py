"""How handlers are found, and how their parameters are bound."""

import dataclasses
import functools
import types

import pytest

import tasker
from tasker import _binding, _registry
from tasker.worker import native_options


@tasker.step("alone")
def alone(context):
    return context


@tasker.step("one")
@tasker.step("two")
def twice():
    return None


class Orders:
    def __init__(self, region="eu"):
        self.region = region

    @tasker.step("orders.validate")
    def validate(self, context):
        return self.region

    @staticmethod
    @tasker.step("orders.ship")
    def ship(validate):
        return validate

    @classmethod
    @tasker.step("orders.name")
    def name(cls):
        return cls.__name__


class Above:
    @tasker.step("above.static")
    @staticmethod
    def static():
        return "static"

    @tasker.step("above.class")
    @classmethod
    def of_class(cls):
        return cls.__name__


class NeedsMore:
    def __init__(self, database):
        self.database = database

    @tasker.step("needs.more")
    def more(self):
        return self.database


def test_decorator_does_not_change_the_function():
    assert alone({"a": 1}) == {"a": 1}
    assert alone.__name__ == "alone"


def test_a_function_may_have_several_names():
    assert _registry.collect([twice]) == {"one": twice, "two": twice}


def test_class_is_instantiated_and_its_methods_are_bound():
    found = _registry.collect([Orders])
    assert sorted(found) == ["orders.name", "orders.ship", "orders.validate"]
    assert found["orders.validate"]({}) == "eu"
    assert found["orders.ship"](3) == 3
    assert found["orders.name"]() == "Orders"


def test_decorator_works_above_staticmethod_and_classmethod():
    found = _registry.collect([Above])
    assert {name: function() for name, function in found.items()} == {
        "above.static": "static",
        "above.class": "Above",
    }


def test_instance_provides_its_own_methods():
    found = _registry.collect([Orders("us")])
    assert found["orders.validate"]({}) == "us"
    assert found["orders.validate"].__self__.region == "us"


def test_module_provides_its_functions_and_its_own_classes():
    module = types.ModuleType("shop")
    vars(module).update(alone=alone, again=alone, number=7)
    vars(module)["Orders"] = Orders  # made elsewhere: an import, not a declaration
    assert _registry.collect([module]) == {"alone": alone}
    vars(module)["Orders"] = type("Orders", (Orders,), {"__module__": "shop"})
    assert sorted(_registry.collect(module)) == [
        "alone",
        "orders.name",
        "orders.ship",
        "orders.validate",
    ]


def test_class_that_needs_arguments_says_what_to_do():
    with pytest.raises(TypeError, match="NeedsMore has handlers.*pass an instance of it"):
        _registry.collect([NeedsMore])
    assert _registry.collect([NeedsMore(5)])["needs.more"]() == 5


def test_same_name_twice_is_refused_with_both_places():
    @tasker.step("alone")
    def other():
        return None

    with pytest.raises(ValueError, match="two handlers for 'alone'.*registry_test.py:.*registry"):
        _registry.collect([alone, other])


@pytest.mark.parametrize("source", [7, print, Orders.ship.__doc__, object()])
def test_object_without_handlers_is_refused(source):
    with pytest.raises((TypeError, ModuleNotFoundError)):
        _registry.collect([source])


@pytest.mark.parametrize("name", [None, "", 5, alone])
def test_decorator_needs_a_name(name):
    with pytest.raises(TypeError, match="needs the handler's name"):
        tasker.step(name)


@dataclasses.dataclass
class Order:
    id: int


def sources(function):
    return [(each.name, each.source, each.is_required) for each in _binding.parameters(function)]


def test_parameters_are_bound_by_name_and_type():
    def handler(context, step, validate, order: Order, rest: int = 3, *, parents, **others):
        return None

    assert sources(handler) == [
        ("context", "context", True),
        ("step", "step", True),
        ("validate", "parent", True),
        ("order", "model", True),
        ("rest", "parent", False),
        ("parents", "parents", True),
        ("others", "others", False),
    ]


def test_reserved_name_with_a_model_is_converted():
    def handler(context: Order, initialization: Order, step: tasker.Step):
        return None

    converts = {each.name: each.convert for each in _binding.parameters(handler)}
    assert converts["context"]({"id": 3}) == Order(3)
    assert converts["initialization"]({"id": 4}) == Order(4)
    assert converts["step"] is None


def test_bound_methods_wrappers_and_partials_show_their_own_parameters():
    @functools.wraps(alone)
    def wrapped(*args, **kwargs):
        return alone(*args, **kwargs)

    assert sources(Orders().validate) == [("context", "context", True)]
    assert sources(wrapped) == [("context", "context", True)]
    assert sources(functools.partial(twice)) == []


def test_annotations_that_cannot_be_evaluated_are_ignored():
    def handler(context: "Missing", later: "alsomissing.Type"):  # noqa: F821
        return None

    assert sources(handler) == [("context", "context", True), ("later", "parent", True)]


@dataclasses.dataclass
class Parcel:
    weight: int


class Weighs:
    def __call__(self, parcel: Parcel):
        return parcel.weight


def weigh(scale, parcel: Parcel, note: "missing.Note" = None):  # noqa: F821
    return parcel.weight


@pytest.mark.parametrize(
    "handler", [Weighs(), functools.partial(weigh, "a scale"), functools.wraps(weigh)(Weighs())]
)
def test_models_are_found_for_every_kind_of_callable(handler):
    assert ("parcel", "model", True) in sources(handler)


def test_unsuitable_callables_are_reported_by_name():
    def positional(context, /):
        return None

    with pytest.raises(TypeError, match="positional: parameter context cannot"):
        _binding.parameters(functools.partial(positional))


def test_positional_only_parameter_is_refused():
    def handler(context, /):
        return None

    with pytest.raises(TypeError, match="context cannot be passed by name"):
        _binding.parameters(handler)


def test_asynchronous_generator_is_refused():
    async def handler():
        yield 1

    with pytest.raises(TypeError, match="has no result"):
        _binding.parameters(handler)


def test_worker_without_handlers_is_refused():
    with pytest.raises(ValueError, match="no handlers"):
        tasker.Worker(handlers=[], database_url="postgresql://nowhere/x")


def test_all_invalid_settings_are_reported():
    with pytest.raises(ValueError) as refused:
        tasker.Worker(
            handlers=[alone], database_url="", slots=0, namespaces=["Not Good"], shutdown_grace=-1
        )
    for part in ("database.url", "concurrency", "namespaces", "shutdown_grace_ms"):
        assert part in str(refused.value)


@pytest.mark.parametrize(
    "option",
    [
        {"slots": "4"},
        {"slots": 2.5},
        {"slots": True},
        {"lease_seconds": 3.5},
        {"listen": 8080},
        {"namespaces": [1]},
        {"shutdown_grace": "1"},
        {"shutdown_grace": float("nan")},
    ],
    ids=str,
)
def test_setting_of_a_wrong_type_is_named(option):
    with pytest.raises(TypeError, match=f"^{next(iter(option))}: must be"):
        tasker.Worker(handlers=[alone], database_url="postgresql://nowhere/x", **option)


def test_one_namespace_can_be_passed_as_text():
    options = native_options({"namespaces": "shop,books"})
    assert options == {"namespaces": ["shop", "books"]}


def test_reserved_names_are_refused():
    @tasker.step("tasker.noop")
    def mine():
        return None

    with pytest.raises(ValueError, match="reserved for built-in"):
        tasker.Worker(handlers=[mine], database_url="postgresql://nowhere/x")
