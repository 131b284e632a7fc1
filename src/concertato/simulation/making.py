"""Values that could come from outside: of a JSON Schema, of what expressions say about them, or of both.

What is compared with a constant is made on both sides of it, and just there. A value of which nothing is said is a
short text.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import ceil, floor, isfinite
from typing import Any

from concertato.definition.declared import misfits
from concertato.simulation.dice import Dice
from concertato.simulation.hints import CUT, Hint

START = 1_767_225_600.0
"""When simulated runs begin, in seconds since the epoch: 2026-01-01T00:00:00Z."""

_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
"""The first second of year 1 and the last one of 9999: there are no moments beyond them."""
_TEXTS = ("a", "b", "c")
_INTEGERS = (0, 1, 2, 3, 10, 100)
_DOUBLES = (0.0, 0.5, 1.0, 2.5, 10.0, 100.0)
_SIZES = (0, 1, 2, 5)
_LONG = 10
"""Lists are made no longer than this without need, though more is allowed."""
_LONGEST = 1_000_000
"""No text is made longer, whatever is asked for."""
_TOO_SHORT = 0.1
"""The share of lists that may lack an item which an expression reads by its number."""
_DEEPEST = 8
_NOTHING = Hint()


class Maker:
    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def make(self, schema: Any, hint: Hint | None, *, whole_too: bool = False) -> Any:
        """A value that fits `schema` (None: nothing is declared) and that expressions can read as `hint` says.

        `whole_too`: a `number` may be written as a whole one, as in JSON.
        """
        root = schema if isinstance(schema, dict) else {}
        return _Making(self._dice, root, whole_too=whole_too).value(schema, hint or _NOTHING, 0)


class _Making:
    """One value. `root` is the schema in which references are looked up."""

    def __init__(self, dice: Dice, root: Mapping[str, Any], *, whole_too: bool) -> None:
        self._dice = dice
        self._root = root
        self._whole_too = whole_too

    def value(self, schema: Any, hint: Hint, depth: int) -> Any:
        schema = self._resolved(schema)
        if not schema or depth > _DEEPEST:
            return self._said(hint, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"], hint)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                rest = {key: value for key, value in schema.items() if key != several}
                return self.value({**rest, **self._branch(schema[several], hint)}, hint, depth)
        if "allOf" in schema:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            return self.value(_joined([rest, *map(self._resolved, schema["allOf"])]), hint, depth)
        return self._typed(self._type(schema, hint), schema, hint, depth)

    def _resolved(self, schema: Any) -> dict[str, Any]:
        for _ in range(_DEEPEST):
            if not isinstance(schema, dict):
                return {} if schema is None or isinstance(schema, bool) else {"type": schema}
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#"):
                return schema
            found: Any = self._root
            for step in filter(None, reference[1:].split("/")):
                found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
            schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
        return {}

    def _branch(self, branches: list[Any], hint: Hint) -> dict[str, Any]:
        """One of several schemas: one that has the parts that are read, where that can be told."""
        resolved = [self._resolved(each) for each in branches]
        likely = [each for each in resolved if each.get("type") != "null"]
        if likely and (len(likely) == len(resolved) or not self._dice.happens(0.2)):
            having = [
                each for each in likely if hint.fields and hint.fields.keys() <= each.get("properties", {}).keys()
            ]
            return self._dice.pick(having or likely)
        return self._dice.pick(resolved)

    def _type(self, schema: Mapping[str, Any], hint: Hint) -> str:
        named = schema.get("type")
        if isinstance(named, list):
            likely = [each for each in named if each != "null"] or named
            return "null" if "null" in named and self._dice.happens(0.2) else self._dice.pick(likely)
        if isinstance(named, str):
            return named
        if "properties" in schema or "required" in schema or "additionalProperties" in schema:
            return "object"
        return "array" if any(each in schema for each in ("items", "prefixItems", "contains")) else "any"

    def _typed(self, type_: str, schema: Mapping[str, Any], hint: Hint, depth: int) -> Any:
        match type_:
            case "object":
                return self._object(schema, hint, depth)
            case "array":
                return self._array(schema, hint, depth)
            case "string":
                return self._text(schema, hint)
            case "integer":
                return self._number(schema, hint, whole=True)
            case "number":
                return self._number(schema, hint, whole=self._whole_too and self._dice.happens(0.3))
            case "boolean":
                return self._dice.happens(0.5)
            case "null":
                return None
            case _:
                return self._said(hint, depth)

    def _object(self, schema: Mapping[str, Any], hint: Hint, depth: int) -> dict[str, Any]:
        declared = schema.get("properties", {})
        required = schema.get("required")
        needed = required if isinstance(required, list) else ()  # of an input it may say whether that must be given
        made = {
            name: self.value(inner, hint.fields.get(name, _NOTHING), depth + 1)
            for name, inner in declared.items()
            if name in needed or not self._dice.happens(0.3)
        }
        more = schema.get("additionalProperties", True)
        if more is not False:
            others = {**dict.fromkeys(needed, _NOTHING), **hint.fields}
            made |= {
                name: self.value(more if isinstance(more, dict) else None, inner, depth + 1)
                for name, inner in others.items()
                if name not in declared and (name in needed or not (inner.optional and self._dice.happens(0.3)))
            }
        self._fill(made, schema, hint, depth)
        return made

    def _fill(self, made: dict[str, Any], schema: Mapping[str, Any], hint: Hint, depth: int) -> None:
        """Add what a mapping lacks that has to have more entries, or is asked how many it has."""
        size = max(schema.get("minProperties", 0), self._dice.pick(hint.sizes) if hint.sizes else 0)
        size = min(size, schema.get("maxProperties", size))
        declared, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        names = [*declared, *(f"key_{number}" for number in range(1, size + 1) if more is not False)]
        missing = [name for name in names if name not in made][: max(size - len(made), 0)]
        for name in missing:
            inner = declared.get(name, more if isinstance(more, dict) else None)
            made[name] = self.value(inner, hint.fields.get(name, _NOTHING), depth + 1)

    def _array(self, schema: Mapping[str, Any], hint: Hint, depth: int) -> list[Any]:
        first = [self.value(each, _NOTHING, depth + 1) for each in schema.get("prefixItems", ())]
        if first and schema.get("items", False) is False:
            return first
        whole = [each for each in hint.constants if isinstance(each, list) and _fits(each, "array", schema)]
        if whole and self._dice.happens(0.5):
            return list(self._dice.pick(whole))
        items = hint.items or _NOTHING
        if "contains" in schema:
            both = _joined([self._resolved(schema.get("items")), self._resolved(schema["contains"])])
            first += [self.value(both, items, depth + 1) for _ in range(schema.get("minContains", 1))]
        size = self._size(hint, max(schema.get("minItems", 0), len(first)), schema.get("maxItems"))
        return first + [self.value(schema.get("items"), items, depth + 1) for _ in range(size - len(first))]

    def _size(self, hint: Hint, least: int = 0, most: int | None = None) -> int:
        if hint.least > least and not self._dice.happens(_TOO_SHORT):
            least = hint.least if most is None else min(hint.least, most)
        bounds = {least} if most is None or most > _LONG else {least, most}
        usual = (*hint.sizes, *_SIZES, *sorted(bounds.difference(_SIZES)))
        sizes = [size for size in usual if size >= least and (most is None or size <= most)]
        return self._dice.pick(sizes or [least])

    def _text(self, schema: Mapping[str, Any], hint: Hint) -> str:
        form = schema.get("format")
        if form in _FORMS:
            return self._formed(form, hint)
        known = [each for each in hint.constants if isinstance(each, str)]
        least: int = min(schema.get("minLength", 1), _LONGEST)
        most: int | None = schema.get("maxLength")
        sizes = [size for size in hint.sizes if size >= schema.get("minLength", 0) and (most is None or size <= most)]
        text = self._string(hint, sizes) if known or hint.kinds or sizes else self._dice.pick(_TEXTS)
        fitting = [each for each in (text, *known) if _fits(each, "string", schema)]
        return fitting[0] if fitting else (text * max(least, 1))[:most]

    def _formed(self, form: str, hint: Hint) -> str:
        """A text of one of JSON Schema's formats."""
        if form == "date-time" and (hint.times or hint.spread):
            return self._moment(hint)
        known = [each for each in hint.constants if isinstance(each, str) and _has_form(each, form)]
        return self._dice.pick(known) if known and self._dice.happens(0.7) else _FORMS[form](self._dice)

    def _number(self, schema: Mapping[str, Any], hint: Hint, *, whole: bool) -> int | float:
        least, most = schema.get("minimum"), schema.get("maximum")
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        edges = [each for each in (least, most, above, below) if isinstance(each, int | float) and _is_usable(each)]
        step = schema.get("multipleOf")
        near, usual = list(_near([*_numbers(hint), *edges], whole=whole)), _usual(whole)
        if whole:
            near += [each for rest in hint.rests for each in _leaving(near, *rest)]
        if step and _is_usable(step):
            near, usual = list(_multiples(near, step)), tuple(_multiples(usual, step))

        def fits(value: float) -> bool:
            return not (
                (least is not None and value < least)
                or (most is not None and value > most)
                or (above is not None and value <= above)
                or (below is not None and value >= below)
            )

        found = [each for each in near if fits(each)] or [each for each in usual if fits(each)]
        if found and not (least is not None and most is not None and self._dice.happens(0.3)):
            return self._dice.pick(found)
        if least is not None and most is not None and not step and all(map(_is_usable, (least, most, most - least))):
            drawn = self._dice.between(least, most)
            return round(drawn) if whole else drawn
        return found[0] if found else (step or edges[0] if edges or step else 0)

    def _one_of(self, options: list[Any], hint: Hint) -> Any:
        if not options:
            return None  # which does not fit either: nothing does
        known = [each for each in options if each in hint.constants]
        return self._dice.pick(known if known and self._dice.happens(0.5) else options)

    def _said(self, hint: Hint, depth: int) -> Any:
        """A value of which only that is known which expressions say."""
        if depth > 4 * _DEEPEST or (hint.nullable and self._dice.happens(0.2)):
            return None
        if hint.fields:
            return self._object({}, hint, depth)
        constants = [each for each in hint.constants if isinstance(each, str)]
        kinds = hint.kinds
        if hint.items or "list" in kinds or (hint.sizes and "string" not in kinds and not constants):
            return self._array({}, hint, depth)
        if _numbers(hint) or {"integer", "double", "number"} & kinds.keys():
            return self._number({}, hint, whole=_is_whole(hint))
        if "boolean" in kinds or any(isinstance(each, bool) for each in hint.constants):
            return self._dice.happens(0.5)
        return self._string(hint, hint.sizes) if constants or kinds else self._dice.pick(_TEXTS)

    def _string(self, hint: Hint, sizes: list[int]) -> str:
        """A text that is read as `hint` says, and may be of one of these sizes."""
        known = [each for each in hint.constants if isinstance(each, str)]
        # Even of a time it may be asked whether it is the empty text.
        is_time = ("moment" in hint.kinds or "length" in hint.kinds) and not (known and self._dice.happens(0.3))
        if is_time:
            return self._moment(hint) if "moment" in hint.kinds else self._length(hint)
        if not known or self._dice.happens(1 / (len(known) + 1)):
            text = self._dice.pick(_TEXTS)
        else:
            text = self._dice.pick(known)
        return _sized(text, self._dice.pick(sizes)) if sizes and self._dice.happens(0.7) else text

    def _length(self, hint: Hint) -> str:
        beyond = max((abs(time) for time in hint.times), default=0)
        return _written(self._dice.pick(_times_near(hint, beyond) or (1, 30, 3600)))

    def _moment(self, hint: Hint) -> str:
        near = _times_near(hint, 86_400)
        if hint.spread and not (near and self._dice.happens(0.5)):
            return _text_of(START + int(self._dice.between(0, hint.spread)))
        return _text_of(self._dice.pick(near)) if near else _moment(self._dice)


def _is_whole(hint: Hint) -> bool:
    if "double" in hint.kinds:
        return False
    return "integer" in hint.kinds or not any(isinstance(each, float) for each in hint.constants)


def _numbers(hint: Hint) -> list[int | float]:
    numbers = [each for each in hint.constants if isinstance(each, int | float) and not isinstance(each, bool)]
    return [each for each in numbers if _is_usable(each)]


def _is_usable(number: int | float) -> bool:
    """Whether it can be reckoned with: some whole numbers are too large to become another, and infinity to be whole."""
    return abs(number) <= sys.float_info.max


def _fits(value: Any, type_: str, schema: Mapping[str, Any]) -> bool:
    return not any(misfits({**schema, "type": type_}, value))


def _near(constants: list[int | float], *, whole: bool) -> Iterator[int | float]:
    """The constants, what is just beside each, what lies between two, and what lies well beyond them."""
    known = sorted(set(constants))
    if not known:
        return
    span = known[-1] - known[0] or abs(known[0]) or 1
    step = 1 if whole else span / 100
    found = [each + beside for each in known for beside in (-step, 0, step)]
    found += [(low + high) / 2 for low, high in pairwise(known)]
    found += [known[0] - span, known[-1] + span]
    if known[0] > 0:
        found += [0, known[0] / 2]
    for each in filter(_is_usable, dict.fromkeys(found)):
        if whole:
            yield round(each)
        else:
            yield float(f"{each:.6g}")


def _multiples(values: Iterable[int | float], step: int | float) -> Iterator[int | float]:
    """Those of `step` that are next to each of the values: 0.07 and not 0.07000000000000001 for a step of 0.01."""
    for value in values:
        if not isfinite(value / step):
            continue
        for times in (floor(value / step), ceil(value / step)):
            yield times * step if isinstance(step, int) else float(f"{times * step:.12g}")


def _leaving(values: Iterable[int | float], divisor: int, rest: int) -> list[int]:
    """The numbers next to each of the values that leave this rest."""
    below = [int(value) - (int(value) - rest) % divisor for value in values]
    return [each for value in dict.fromkeys(below) for each in (value, value + divisor) if each >= 0]


def _sized(text: str, size: int) -> str:
    """A text made as long as that; one that has to begin or to end in some way still does where it is made longer."""
    size = min(size, _LONGEST)
    missing = size - len(text)
    if CUT in text and missing > 0:
        return text.replace(CUT, CUT * (missing + 1), 1)
    return ((text or _TEXTS[0]) * size)[:size]


def _times_near(hint: Hint, beyond: float) -> list[float]:
    """The times that one is compared with, in seconds, what is just beside each, and what is well beyond."""
    return list(dict.fromkeys(time + beside for time in hint.times for beside in (-1, 0, 1, -beyond, beyond)))


def _usual(whole: bool) -> tuple[int | float, ...]:
    return _INTEGERS if whole else _DOUBLES


def _joined(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Schemas that must hold together, as far as one can be made of them."""
    whole: dict[str, Any] = {}
    for each in schemas:
        properties = {**whole.get("properties", {}), **each.get("properties", {})}
        required = [*whole.get("required", ()), *each.get("required", ())]
        whole |= each
        whole |= ({"properties": properties} if properties else {}) | ({"required": required} if required else {})
    return whole


def _moment(dice: Dice) -> str:
    return _text_of(START + dice.pick((-3600, 60, 3600, 86_400)))


def _text_of(moment: float) -> str:
    moment = min(max(moment, _FIRST), _LAST)
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=moment)).isoformat().replace("+00:00", "Z")


def _written(length: float) -> str:
    """As CEL writes it: 1.5s."""
    return f"{length:.3f}".rstrip("0").rstrip(".") + "s"


def _has_form(text: str, form: str) -> bool:
    """Whether a text that is asked for can be of a format: of most of them that is not looked into."""
    reads = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}.get(form)
    if reads is None:
        return CUT not in text
    try:
        reads(text)
    except ValueError:
        return False
    return True


_FORMS: dict[str, Callable[[Dice], str]] = {
    "date-time": _moment,
    "date": lambda dice: _moment(dice)[:10],
    "time": lambda dice: _moment(dice)[11:],
    "duration": lambda dice: dice.pick(("PT1M", "PT1H", "P1D")),
    "email": lambda dice: f"{dice.pick(_TEXTS)}@example.com",
    "uri": lambda dice: f"https://example.com/{dice.pick(_TEXTS)}",
    "uuid": lambda dice: f"{int(dice.share() * 2**32):08x}-0000-4000-8000-000000000000",
    "ipv4": lambda dice: f"192.0.2.{int(dice.between(1, 255))}",
}
"""Texts of JSON Schema's formats."""
