"""Return values that are run instead of being the result."""

import asyncio
import collections.abc
import types

import pytest

from tasker import _running, testing


class Later:
    """Awaitable, and nothing else."""

    def __init__(self, value):
        self.value = value

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@types.coroutine
def old_style(value):
    yield from asyncio.sleep(0).__await__()
    return value


async def wrapped(value):
    return await Later(value)


class Slow(collections.abc.Coroutine[None, None, object]):
    """A coroutine by its methods, as in compiled code."""

    def __init__(self, value):
        self._of = wrapped(value)

    def send(self, value):
        return self._of.send(value)

    def throw(self, *problem):
        return self._of.throw(*problem)

    def close(self):
        self._of.close()

    def __await__(self):
        return self._of.__await__()


@pytest.mark.parametrize("kind", [Later, old_style, wrapped, Slow])
def test_awaitable_that_a_plain_function_returns_is_awaited(kind):
    assert testing.call(lambda: kind(42)) == (42, None)


def test_exception_of_an_awaitable_is_the_failure():
    result, failure = testing.call(lambda: Later(ZeroDivisionError("by nothing")))
    assert result is None
    assert (failure.message, failure.permanent) == ("by nothing", False)


def test_future_of_another_loop_is_refused():
    loop = asyncio.new_event_loop()
    result, failure = testing.call(lambda: loop.create_future())
    loop.close()
    assert result is None and "attached to a different loop" in failure.message


def test_asynchronous_generator_is_refused():
    async def numbers():
        yield 1

    for returns in (lambda: numbers(), lambda: Later(numbers())):
        result, failure = testing.call(returns)
        assert result is None and failure.permanent and failure.type == "invalid_result"
        assert "asynchronous generator" in failure.message


def test_cancellation_after_the_result_does_nothing():
    async def answer():
        return 42

    problems = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _, problem: problems.append(problem))
    run = _running._Run(answer())
    loop.call_soon(run.start)
    for _ in range(5):
        loop.run_until_complete(asyncio.sleep(0))
    assert run.result() == 42
    loop.call_soon(run.cancel)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert problems == []
