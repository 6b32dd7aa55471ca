"""Exceptions, and results that are not JSON, become failures; without a database."""

import datetime
import math

import pytest

import tasker
from tasker import _failures, testing


def failure_of(raised):
    def handler():
        raise raised

    return testing.call(handler)[1]


class OutOfStock(tasker.Permanent):
    """An exception as programs write it: with a subject, without a call of the base class."""

    type = "out_of_stock"

    def __init__(self, sku):
        self.sku = sku


class Unnamed(tasker.Permanent):
    def __init__(self, sku):
        self.sku = sku


class Busy(tasker.Retry):
    after = 1.5

    def __init__(self, host):
        self.host = host


def test_subclasses_need_not_call_their_base():
    out, unnamed, busy = (failure_of(kind("x")) for kind in (OutOfStock, Unnamed, Busy))
    assert (out.type, out.permanent, out.message) == ("out_of_stock", True, "x")
    assert (unnamed.type, unnamed.permanent) == ("failures_test.Unnamed", True)
    assert (busy.type, busy.permanent, busy.retry_after) == ("failures_test.Busy", False, 1.5)


def test_type_of_an_instance_overrides_its_class():
    class Declined(tasker.Permanent):
        type = "declined"

    assert failure_of(Declined("no", type="stolen")).type == "stolen"
    assert failure_of(Declined("no")).type == "declined"
    assert failure_of(tasker.Permanent("no", type=404)).type == "404"


@pytest.mark.parametrize("after", [-1, math.inf, math.nan])
def test_invalid_delay_is_refused(after):
    with pytest.raises(ValueError, match="after: must be 0 seconds or more"):
        tasker.Retry(after=after)


def test_very_long_delay_is_limited():
    assert failure_of(tasker.Retry(after=1e30)).retry_after == 10 * 365 * 86_400


class Hostile(Exception):
    def __str__(self):
        raise KeyboardInterrupt


def test_text_that_raises_does_not_hide_the_failure():
    failure = failure_of(Hostile())
    assert failure.type == "failures_test.Hostile"
    assert failure.message == "(its text cannot be printed)"


@pytest.mark.parametrize("raised", [StopIteration(4), GeneratorExit(), KeyboardInterrupt()])
def test_builtin_exceptions_are_failures(raised):
    failure = failure_of(raised)
    assert (failure.type, failure.permanent) == (type(raised).__name__, False)


@pytest.mark.parametrize(
    ("result", "reported"),
    [
        (b"x", "TypeError: bytes cannot be written as JSON"),
        ({(1, 2): 3}, "TypeError: a key of type tuple cannot be written as JSON"),
        (math.nan, "a number that JSON does not have: nan"),
    ],
)
def test_result_that_is_not_json_is_reported_in_one_line(result, reported):
    failure = testing.call(lambda: result)[1]
    assert failure.message == "the result cannot be written as JSON: " + reported
    assert (failure.type, failure.permanent) == ("invalid_result", True)


def test_result_that_finds_no_memory_is_retried():
    class Large:
        def __fspath__(self):
            raise MemoryError

    failure = testing.call(Large)[1]
    assert (failure.type, failure.permanent) == ("MemoryError", False)


def test_refusal_shows_the_path_of_each_problem_that_has_one():
    reported = str(
        tasker.ApiError.of(
            400,
            "invalid_request",
            "the body cannot be read",
            [{"path": "", "problem": "is not JSON"}, {"path": "name", "problem": "is missing"}],
        )
    )
    assert reported == "the body cannot be read; is not JSON; name: is missing"


class BusyShortly(tasker.Retry):
    after = 1.5


class BusyForLong(tasker.Retry):
    after = datetime.timedelta(minutes=1)


class BusyWithoutBase(tasker.Retry):
    after = datetime.timedelta(seconds=4)

    def __init__(self):
        pass


def test_a_subclass_sets_the_delay_of_its_instances():
    assert tasker.Retry("x").after is None
    assert BusyShortly("x").after == 1.5
    assert _failures.describe(BusyShortly("x"))[3] == 1500
    assert _failures.describe(BusyShortly("x", after=7))[3] == 7000
    assert _failures.describe(BusyForLong("x"))[3] == 60_000
    assert _failures.describe(BusyWithoutBase())[3] == 4000


def test_a_key_error_names_its_type():
    assert _failures.describe(KeyError("tot"))[0] == "KeyError: 'tot'"
