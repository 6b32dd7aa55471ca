"""JSON read and written in C++: the same values as Python's own json, only faster."""

import collections
import dataclasses
import datetime
import decimal
import enum
import gc
import json
import math
import pathlib
import random
import sys
import uuid

import pytest

from tasker import _native

TEXTS = [
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1.0",
    "-0.0",
    "1e400",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901234567890",
    '""',
    '"\\u00e9\\ud83d\\ude00"',
    '"\\ud800"',
    '"\\u0000"',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '{"a":1,"a":2}',
    '{"":{"":[]}}',
    ' [ 1 , 2.5e-3 , {"k" : [ ] } ] ',
    "[" * 500 + "]" * 500,
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:24]))
def test_reads_what_json_reads(text):
    read, expected = _native.read_json(text.encode()), json.loads(text)
    assert (type(read), repr(read)) == (type(expected), repr(expected))


@pytest.mark.parametrize("text", ["", "{", "[1,]", "tru", '{"a"}', "1 2", "'a'"])
def test_refuses_what_json_refuses(text):
    with pytest.raises(json.JSONDecodeError):
        _native.read_json(text.encode())


def random_value(source, depth=0):
    kind = source.randrange(8 if depth < 5 else 6)
    if kind == 0:
        return source.choice([None, True, False])
    if kind == 1:
        return source.randrange(-(2**70), 2**70) >> source.randrange(70)
    if kind == 2:
        power = 10.0 ** source.randrange(-300, 300)
        return source.choice([source.random(), source.gauss(0, 1e9), power])
    if kind <= 5:
        characters = "abc \"\\/\n\t\x01\x7fäß中\U0001f600"
        return "".join(source.choice(characters) for _ in range(source.randrange(12)))
    if kind == 6:
        return [random_value(source, depth + 1) for _ in range(source.randrange(6))]
    return {
        str(source.randrange(1000)): random_value(source, depth + 1)
        for _ in range(source.randrange(6))
    }


def test_values_are_unchanged_after_a_round_trip():
    source = random.Random(7)
    for _ in range(2000):
        value = random_value(source)
        written = _native.write_json(value)
        assert json.loads(written) == value
        assert repr(_native.read_json(written)) == repr(value)


class Level(enum.IntEnum):
    HIGH = 3


class Name(enum.Enum):
    FIRST = "first"


class Text(str):
    def __str__(self):
        return "never this"


class Number(int):
    def __repr__(self):
        return "never this"


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Pair:
    left: object
    right: object


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, (2, 3)), [1, [2, 3]]),
        (Point(1, 2), [1, 2]),
        (Pair(Pair(1, None), [Level.HIGH]), {"left": {"left": 1, "right": None}, "right": [3]}),
        ({Name.FIRST: Name.FIRST}, {"first": "first"}),
        (Text("text"), "text"),
        (Number(2**80), 2**80),
        ({1: "a", 1.5: "b", None: "d"}, {"1": "a", "1.5": "b", "null": "d"}),
        ({True: 1, False: 0}, {"true": 1, "false": 0}),
        (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.timedelta(minutes=1), 60.0),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        ({1}, [1]),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_writes_values_of_common_python_types(value, expected):
    assert json.loads(_native.write_json(value)) == expected


def test_floats_keep_their_point_and_their_value():
    for value in (1.0, 1e16, 1e22, 5e-324, 1.7976931348623157e308, 0.1, -0.0):
        read = json.loads(_native.write_json(value))
        assert isinstance(read, float) and math.copysign(1, read) == math.copysign(1, value)
        assert read == value


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        ([float("-inf")], ValueError),
        ("\ud800", UnicodeEncodeError),
        ({"\udfff": 1}, UnicodeEncodeError),
        (object(), TypeError),
        ({(1, 2): 3}, TypeError),
        (b"bytes", TypeError),
        (1j, TypeError),
    ],
    ids=ascii,
)
def test_refuses_what_json_does_not_have(value, error):
    with pytest.raises(error):
        _native.write_json(value)


@pytest.mark.parametrize(
    "value", [{1: "a", "1": "b"}, {None: 1, "null": 2}, [{True: 1, "true": 2}]]
)
def test_keys_with_the_same_name_in_json_are_refused(value):
    with pytest.raises(ValueError, match="two keys of a dict have the same name in JSON: '"):
        _native.write_json(value)
    assert json.loads(_native.write_json({1: "a", "2": "b"})) == {"1": "a", "2": "b"}


def test_value_that_contains_itself_is_refused():
    value: dict[str, object] = {}
    value["again"] = [value]
    with pytest.raises(ValueError, match="within itself"):
        _native.write_json(value)


def test_list_that_changes_while_it_is_written_does_no_harm():
    class Shrinks:
        def __init__(self, of):
            self.of = of

        @property
        def __fields__(self):
            return {}

        def dict(self):
            self.of.clear()
            return {}

    value: list[object] = []
    value += [Shrinks(value), 1, 2, 3]
    assert json.loads(_native.write_json(value)) == [{}]


def test_garbage_collection_during_reading_does_no_harm():
    text = json.dumps([{"k": [i, str(i)]} for i in range(200)]).encode()
    expected = json.loads(text)
    seen = []

    class Reads:
        def __del__(self):
            seen.append(_native.read_json(text) == expected)

    before = gc.get_threshold()
    gc.set_threshold(3, 2, 2)
    try:
        for _ in range(20):
            loop: list[object] = [Reads()]
            loop.append(loop)
            del loop
            assert _native.read_json(text) == expected
    finally:
        gc.set_threshold(*before)
        gc.collect()
    assert seen and all(seen)


def test_reference_counts_are_unchanged():
    value = {"text": "t" * 50, "list": [1.5, {"k": "v"}], "n": 2**70}
    text = _native.write_json(value).encode()
    item = value["list"][1]
    before = sys.getrefcount(item), sys.getrefcount(None)
    for _ in range(1000):
        _native.write_json(value)
    assert sys.getrefcount(item) == before[0]
    blocks = sys.getallocatedblocks()
    for _ in range(1000):
        _native.read_json(text)
        for refused, wrong in ((_native.read_json, b"[1,"), (_native.write_json, object())):
            try:
                refused(wrong)
            except (ValueError, TypeError):
                pass
    assert sys.getallocatedblocks() - blocks < 200
    assert abs(sys.getrefcount(None) - before[1]) < 500
