"""Workflows of every shape, run by Python handlers that receive the right values."""

import pytest

import tasker


@tasker.step("number")
def number(context):
    return context["n"]


@tasker.step("double")
def double(parents):
    (only,) = parents.values()
    return only * 2


@tasker.step("add")
def add(parents):
    return sum(parents.values())


@tasker.step("triple_first")
def triple_first(first):
    return {"value": first * 3}


@tasker.step("join")
def join(step, triple, plus, context):
    assert step.name == "join"
    return {"sum": triple["value"] + plus, "n": context["n"], "attempt": step.attempt}


@tasker.step("plus_ten")
def plus_ten(first, absent="missing"):
    assert absent == "missing"
    return first + 10


@tasker.step("route")
def route(context):
    return {"express": context["weight"] < 5}


@tasker.step("express")
def express(route):
    return 20 if route["express"] else None


@tasker.step("freight")
def freight(route):
    return None if route["express"] else 7


@tasker.step("price")
def price(express, freight):
    return express if freight is None else freight


HANDLERS = (number, double, add, triple_first, join, plus_ten, route, express, freight, price)


def test_linear_workflow_passes_values_on(engine):
    engine.template(
        "linear", [("a", "number"), ("b", "double", "a"), ("c", "double", "b")]
    )
    with engine.worker(*HANDLERS):
        task = engine.run("linear", {"n": 21})
    assert task.is_complete
    assert task.result == {"c": 84}
    assert (task.steps_total, task.steps_complete, task.steps_failed) == (3, 3, 0)


def test_diamond_binds_parents_by_their_names(engine):
    engine.template(
        "diamond",
        [
            ("first", "number"),
            ("triple", "triple_first", "first"),
            ("plus", "plus_ten", "first"),
            ("join", "join", "triple", "plus"),
        ],
    )
    with engine.worker(*HANDLERS):
        task = engine.run("diamond", {"n": 5})
    assert task.result == {"join": {"sum": 30, "n": 5, "attempt": 1}}


def test_tree_of_seven_adds_up_from_leaves_to_root(engine):
    engine.template(
        "tree",
        [
            *((f"leaf{i}", "number") for i in range(4)),
            ("left", "add", "leaf0", "leaf1"),
            ("right", "add", "leaf2", "leaf3"),
            ("root", "add", "left", "right"),
        ],
    )
    with engine.worker(*HANDLERS, slots=3):
        task = engine.run("tree", {"n": 11})
    assert task.result == {"root": 44}


@pytest.mark.parametrize(("weight", "expected"), [(3, 20), (30, 7)])
def test_conditional_values_choose_the_branch(engine, weight, expected):
    engine.template(
        "shipping",
        [
            ("route", "route"),
            ("express", "express", "route"),
            ("freight", "freight", "route"),
            ("price", "price", "express", "freight"),
        ],
    )
    with engine.worker(*HANDLERS):
        assert engine.run("shipping", {"weight": weight}).result == {"price": expected}


def test_a_thousand_tasks_each_run_once(engine):
    engine.template("many", [("a", "number"), ("b", "double", "a")])
    new = [tasker.NewTask("many", {"n": n}, engine.namespace) for n in range(1000)]
    ids = engine.client.create_tasks(new)
    with engine.worker(*HANDLERS, slots=4):
        tasks = [engine.client.wait(each, 60) for each in ids]
    assert [each.result["b"] for each in tasks] == [2 * n for n in range(1000)]


def test_step_names_that_python_does_not_allow_are_bound_with_underscores(engine):
    @tasker.step("sum")
    def total(by_section, top_10, **others):
        return by_section + top_10 + sum(others.values())

    engine.template(
        "named",
        [
            ("by-section", "number"),
            ("top.10", "number"),
            ("rest", "number"),
            ("total", "sum", "by-section", "top.10", "rest"),
        ],
    )
    with engine.worker(total, number):
        assert engine.run("named", {"n": 3}).result == {"total": 9}
