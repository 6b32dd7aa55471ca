"""tasker.testing: maps, whose lists PostgreSQL reads."""

import tasker
from tasker import testing


def mapped(settings):
    return {
        "name": "mapped",
        "version": "1.0.0",
        "steps": [
            {"name": "list", "handler": {"callable": "list"}},
            {
                "name": "each",
                "handler": {"callable": "each"},
                "dependencies": ["list"],
                "map": settings,
                "retry": {"max_attempts": 1},
            },
        ],
    }


def test_a_map_runs_its_handler_for_each_element():
    seen = []

    def each(item, step, index, items=None):
        assert (step.item, step.index, step.items) == (item, index, items)
        seen.append((step.name, index, items, step.parents))
        return item * 10

    run = testing.run(mapped("$.list.l"), stubs={"list": lambda: {"l": [3, 1]}, "each": each})
    assert run.result == {"each": [30, 10]}
    assert seen == [("each[0]", 0, None, {}), ("each[1]", 1, None, {})]
    assert [item.result for item in run.steps["each"].items] == [30, 10]


def test_a_batch_gets_its_elements_together():
    settings = {"over": "$.list[*]", "batch_size": 2}
    run = testing.run(
        mapped(settings),
        stubs={"list": lambda: [5, 6, 7], "each": lambda items: [e["index"] for e in items]},
    )
    assert run.result == {"each": [0, 1, 2]}
    run = testing.run(mapped(settings), stubs={"list": lambda: [5, 6], "each": lambda: [1]})
    assert run.steps["each"].items[0].error.type == "invalid_result"


def test_a_map_ends_as_its_failures_allow():
    def fails_for_one(step):
        if step.item == 1:
            raise tasker.Permanent("no")
        return step.item

    stubs = {"list": lambda: [0, 1, 2], "each": fails_for_one}
    run = testing.run(mapped("$.list"), stubs=stubs)
    assert run.state == "failed"
    assert run.steps["each"].error.message == "1 of 3 items failed; item 1: no"
    assert [item.state for item in run.steps["each"].items] == ["complete", "failed", "cancelled"]
    settings = {"over": "$.list", "on_item_failure": "collect", "max_failures": "50%"}
    run = testing.run(mapped(settings), stubs=stubs)
    assert run.result == {"each": [0, None, 2]}


def test_a_map_over_something_else_fails():
    run = testing.run(mapped("$.list"), stubs={"list": lambda: 5, "each": lambda: 1})
    assert run.steps["each"].error.type == "not_an_array"
    stubs = {"list": lambda context: context["l"], "each": lambda: 1}
    run = testing.run(mapped("$.list"), context={"l": []}, stubs=stubs)
    assert run.result == {"each": []}


def test_a_path_with_a_filter_selects_elements():
    listed = {"list": lambda: [3, None, 1.50, {"n": 1}], "each": lambda item: item}
    run = testing.run(mapped("$.list[*] ? (@ != null)"), stubs=listed)
    assert run.result == {"each": [3, 1.5, {"n": 1}]}
    assert testing.run(mapped("$.list[*] ? (@ > 5)"), stubs=listed).result == {"each": []}
    run = testing.run(mapped("$context.by_name.*"), context={"by_name": {"a": 1}}, stubs=listed)
    assert run.result == {"each": [1]}


def test_a_list_has_the_limits_of_the_engine():
    def error(listed):
        stubs = {"list": lambda: listed, "each": lambda: 1}
        return testing.run(mapped("$.list"), stubs=stubs).steps["each"].error

    assert error([0] * 100_001).type == "too_many_items"
    assert error(["x" * (1 << 20)]).type == "item_too_large"
    assert error("\0").type == "map_error"


def test_a_map_is_too_large_with_its_results():
    def error(size):
        stubs = {"list": lambda: [0, 0], "each": lambda: "x" * size}
        return testing.run(mapped("$.list"), stubs=stubs).steps["each"].error

    most = (32 << 20) - 2  # with the quotes
    assert error(most) is None
    assert error(most + 1).type == "result_too_large"
