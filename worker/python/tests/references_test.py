"""Calls of handlers of every kind leave no object behind."""

import asyncio
import dataclasses
import gc
import sys

import pytest

import tasker
from tasker import testing


@dataclasses.dataclass
class Order:
    items: list


class OutOfStock(tasker.Permanent):
    def __init__(self, items):
        self.items = items


def gives_back(context):
    return context


def takes_a_model(order: Order):
    return order


def keeps_something(step):
    step.mine = [step]
    return step.logger.extra


def no_json():
    return {"value": [b"x"]}


def fails():
    raise OutOfStock([1])


def tries_again():
    raise tasker.Retry("later", after=1)


def reports():
    yield 0.5
    return 1


async def coroutine():
    await asyncio.sleep(0)
    return {"value": 1}


async def fails_in_a_coroutine():
    await asyncio.sleep(0)
    raise ValueError("no")


async def leaves_in_a_coroutine():
    sys.exit(1)


def call(handler, times):
    for _ in range(times):
        testing.call(handler, {"items": [1, "two", {"three": 3.5}]})
    gc.collect()


@pytest.mark.parametrize(
    "handler",
    [
        gives_back,
        takes_a_model,
        keeps_something,
        no_json,
        fails,
        tries_again,
        reports,
        coroutine,
        fails_in_a_coroutine,
        leaves_in_a_coroutine,
    ],
)
def test_calls_leave_nothing_behind(handler):
    calls = 1000
    call(handler, 300)
    before = sys.getallocatedblocks()
    call(handler, calls)
    assert sys.getallocatedblocks() - before < calls / 4  # less than one object a call
