"""Typed parameters: plain values become dataclasses and pydantic models, or a list of problems."""

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import typing
import uuid
from typing import Any, Dict, List, Literal, Optional, Tuple, Union

import pytest

from tasker import InvalidInput, _binding, _models, _native


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Item:
    name: str
    price: float
    count: int = 1


@dataclasses.dataclass
class Order:
    id: uuid.UUID
    items: List[Item]
    colour: Colour
    kind: Literal["a", "b"]
    due: Optional[datetime.date] = None
    total: decimal.Decimal = decimal.Decimal(0)
    by_name: Dict[str, Item] = dataclasses.field(default_factory=dict)
    corner: Tuple[int, int] = (0, 0)
    either: Union[int, str] = 0
    anything: Any = None


GOOD = {
    "id": "7f3a5f5e-52a5-4f8a-8f2a-5f7f3a5f5e52",
    "items": [{"name": "nail", "price": 1}, {"name": "hammer", "price": 2.5, "count": 3}],
    "colour": "red",
    "kind": "b",
    "due": "2026-01-02",
    "total": 12.5,
    "by_name": {"x": {"name": "x", "price": 0.5}},
    "corner": [3, 4],
    "either": "text",
    "anything": [1],
    "unknown": "is left out",
}


def test_every_kind_of_field_is_converted():
    order = _models.converter(Order, "order")(GOOD)
    assert order == Order(
        id=uuid.UUID(GOOD["id"]),
        items=[Item("nail", 1.0), Item("hammer", 2.5, 3)],
        colour=Colour.RED,
        kind="b",
        due=datetime.date(2026, 1, 2),
        total=decimal.Decimal("12.5"),
        by_name={"x": Item("x", 0.5)},
        corner=(3, 4),
        either="text",
        anything=[1],
    )
    assert isinstance(order.items[0].price, float)


def test_all_problems_are_reported_together_with_their_paths():
    bad = {
        **GOOD,
        "id": "no",
        "items": [{"price": "1"}, 7],
        "colour": "green",
        "kind": "c",
        "due": 3,
        "corner": [1],
        "either": None,
        "by_name": [],
    }
    with pytest.raises(InvalidInput) as refused:
        _models.converter(Order, "context")(bad)
    assert str(refused.value).split("; ") == [
        "context.id: is not a valid UUID: 'no'",
        "context.items[0].name: is missing",
        "context.items[0].price: must be a number, not a string",
        "context.items[1]: must be an object, not a whole number",
        "context.colour: is not a valid Colour: 'green'",
        "context.kind: must be one of 'a', 'b'",
        "context.due: must be date, not a whole number",
        "context.by_name: must be an object, not a list",
        "context.corner: must have 2 elements, not 1",
        "context.either: must be a whole number, not null",
    ]
    assert refused.value.type == "invalid_input"


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (List[Item], [{"name": "a", "price": 1.5}], [Item("a", 1.5)]),
        (Optional[Item], None, None),
        (Dict[str, Item], {"k": {"name": "a", "price": 1.5}}, {"k": Item("a", 1.5)}),
        (typing.Annotated[Item, "a note"], {"name": "a", "price": 1.5}, Item("a", 1.5)),
    ],
)
def test_models_within_containers_are_converted(annotation, value, expected):
    assert _models.converter(annotation, "x")(value) == expected


@dataclasses.dataclass
class Price:
    amount: decimal.Decimal
    factor: float = 1.0
    anything: Any = None


DIGITS = "1234567890.123456789012345678901234567890"
PRICE = f'{{"amount":{DIGITS},"factor":1.10,"anything":[2.50]}}'


def given(handler, context="{}", parents="{}"):
    """The result of a handler, which gets its values as JSON text."""
    bound = _binding.parameters(handler)
    rest = ("{}", "{}", "{}", "{}", None, 0, 1)  # parent_states … settings
    inputs = ("step", "", context, parents, *rest)
    _, _, outcome, *answer = _native.try_handler(handler, bound, *inputs)
    assert outcome == "success", answer
    return json.loads(answer[0])


def test_decimal_of_a_model_keeps_every_digit():
    def of_context(price: Price):
        assert type(price.factor) is float and price.factor == 1.1
        return [str(price.amount), price.anything]

    def of_parent(before: List[Price]):
        return [str(each.amount) for each in before]

    assert given(of_context, PRICE) == [DIGITS, [2.5]]
    assert given(of_parent, parents=f'{{"before":[{PRICE},{{"amount":1e400}}]}}') == [
        DIGITS,
        "1E+400",
    ]


def test_decimal_of_a_pydantic_model_keeps_every_digit():
    pydantic = pytest.importorskip("pydantic")

    class Invoice(pydantic.BaseModel):
        amount: decimal.Decimal
        factor: float

    def of_context(invoice: Invoice):
        assert invoice.factor == 1.1
        return str(invoice.amount)

    assert given(of_context, PRICE) == DIGITS


@dataclasses.dataclass
class Tree:
    children: "List[Tree]"
    kind: Literal["a", "b"] = "a"


@dataclasses.dataclass
class Branch:
    children: "List[Branch]"
    price: Optional[Price] = None


class PriceList(typing.TypedDict):
    price: decimal.Decimal


@dataclasses.dataclass
class Shop:
    prices: Dict[str, PriceList]


@dataclasses.dataclass
class Early:
    later: "DefinedLater"  # noqa: F821


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Item, False),
        (Tree, False),
        (Price, True),
        (Branch, True),
        (Shop, True),
        (Early, True),
        (Optional[List[Price]], True),
        (Dict[str, Item], False),
    ],
)
def test_digits_are_kept_only_for_models_with_a_decimal(annotation, expected):
    assert _models.holds_decimal(annotation) is expected


class Corner(typing.TypedDict):
    x: int
    due: datetime.date


@dataclasses.dataclass
class Drawing:
    corner: Corner
    after: datetime.timedelta
    file: pathlib.Path


def test_every_type_that_a_result_accepts_can_be_read():
    drawing = Drawing(
        {"x": 3, "due": datetime.date(2026, 1, 2)},
        datetime.timedelta(seconds=1.5),
        pathlib.Path("a/b"),
    )
    written = json.loads(_native.write_json(drawing))
    assert _models.converter(Drawing, "drawing")(written) == drawing
    with pytest.raises(InvalidInput) as refused:
        _models.converter(Drawing, "drawing")({"corner": {"x": "3"}, "after": "1", "file": 2})
    assert sorted(str(refused.value).split("; ")) == [
        "drawing.after: must be timedelta, not a string",
        "drawing.corner.due: is missing",
        "drawing.corner.x: must be a whole number, not a string",
        "drawing.file: must be Path, not a whole number",
    ]


@pytest.mark.parametrize("annotation", [None, int, dict, list, Any, Dict[str, int], "Unknown"])
def test_annotations_without_a_model_do_not_change_the_value(annotation):
    assert _models.converter(annotation, "x") is None


def test_bool_is_not_a_number():
    with pytest.raises(InvalidInput, match="x.count: must be a whole number, not true or false"):
        _models.converter(Item, "x")({"name": "a", "price": 1, "count": True})


def test_exception_in_post_init_is_reported():
    @dataclasses.dataclass
    class Positive:
        value: int

        def __post_init__(self):
            if self.value <= 0:
                raise ValueError("must be above 0")

    with pytest.raises(InvalidInput, match="^x: must be above 0$"):
        _models.converter(Positive, "x")({"value": 0})


def test_pydantic_model_is_created_and_its_problems_are_reported():
    pydantic = pytest.importorskip("pydantic")

    class Address(pydantic.BaseModel):
        city: str
        lines: List[int]

    convert = _models.converter(Address, "context")
    made = convert({"city": "Bonn", "lines": [1, 2]})
    assert isinstance(made, Address) and made.lines == [1, 2]
    with pytest.raises(InvalidInput) as refused:
        convert({"lines": [1, "x"]})
    assert "context.city: " in str(refused.value)
    assert "context.lines[1]: " in str(refused.value)
