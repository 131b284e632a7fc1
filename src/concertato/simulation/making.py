"""Values that could come from outside: of a JSON Schema, of what expressions say about them, or of both.

What is compared with a constant is made on both sides of it, and just there. A value of which nothing is said is a
short text.
"""

from collections.abc import Mapping
from typing import Any

from concertato.definition.declared import misfits
from concertato.simulation.dice import Dice
from concertato.simulation.forms import FORMS, TEXTS, has_form, moment
from concertato.simulation.hints import CUT, Hint
from concertato.simulation.near import is_usable, is_whole, leaving, multiples, near, numbers, times_near, usual
from concertato.simulation.times import START, text_of, written

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
        if form in FORMS:
            return self._formed(form, hint)
        known = [each for each in hint.constants if isinstance(each, str)]
        least: int = min(schema.get("minLength", 1), _LONGEST)
        most: int | None = schema.get("maxLength")
        sizes = [size for size in hint.sizes if size >= schema.get("minLength", 0) and (most is None or size <= most)]
        text = self._string(hint, sizes) if known or hint.kinds or sizes else self._dice.pick(TEXTS)
        fitting = [each for each in (text, *known) if _fits(each, "string", schema)]
        return fitting[0] if fitting else (text * max(least, 1))[:most]

    def _formed(self, form: str, hint: Hint) -> str:
        """A text of one of JSON Schema's formats."""
        if form == "date-time" and (hint.times or hint.spread):
            return self._moment(hint)
        known = [each for each in hint.constants if isinstance(each, str) and has_form(each, form)]
        return self._dice.pick(known) if known and self._dice.happens(0.7) else FORMS[form](self._dice)

    def _number(self, schema: Mapping[str, Any], hint: Hint, *, whole: bool) -> int | float:
        least, most = schema.get("minimum"), schema.get("maximum")
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        edges = [each for each in (least, most, above, below) if isinstance(each, int | float) and is_usable(each)]
        step = schema.get("multipleOf")
        tried, common = list(near([*numbers(hint), *edges], whole=whole)), usual(whole)
        if whole:
            tried += [each for rest in hint.rests for each in leaving(tried, *rest)]
        if step and is_usable(step):
            tried, common = list(multiples(tried, step)), tuple(multiples(common, step))

        def fits(value: float) -> bool:
            return not (
                (least is not None and value < least)
                or (most is not None and value > most)
                or (above is not None and value <= above)
                or (below is not None and value >= below)
            )

        found = [each for each in tried if fits(each)] or [each for each in common if fits(each)]
        if found and not (least is not None and most is not None and self._dice.happens(0.3)):
            return self._dice.pick(found)
        if least is not None and most is not None and not step and all(map(is_usable, (least, most, most - least))):
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
        if numbers(hint) or {"integer", "double", "number"} & kinds.keys():
            return self._number({}, hint, whole=is_whole(hint))
        if "boolean" in kinds or any(isinstance(each, bool) for each in hint.constants):
            return self._dice.happens(0.5)
        return self._string(hint, hint.sizes) if constants or kinds else self._dice.pick(TEXTS)

    def _string(self, hint: Hint, sizes: list[int]) -> str:
        """A text that is read as `hint` says, and may be of one of these sizes."""
        known = [each for each in hint.constants if isinstance(each, str)]
        # Even of a time it may be asked whether it is the empty text.
        is_time = ("moment" in hint.kinds or "length" in hint.kinds) and not (known and self._dice.happens(0.3))
        if is_time:
            return self._moment(hint) if "moment" in hint.kinds else self._length(hint)
        if not known or self._dice.happens(1 / (len(known) + 1)):
            text = self._dice.pick(TEXTS)
        else:
            text = self._dice.pick(known)
        return _sized(text, self._dice.pick(sizes)) if sizes and self._dice.happens(0.7) else text

    def _length(self, hint: Hint) -> str:
        beyond = max((abs(time) for time in hint.times), default=0)
        return written(self._dice.pick(times_near(hint, beyond) or (1, 30, 3600)))

    def _moment(self, hint: Hint) -> str:
        near = times_near(hint, 86_400)
        if hint.spread and not (near and self._dice.happens(0.5)):
            return text_of(START + int(self._dice.between(0, hint.spread)))
        return text_of(self._dice.pick(near)) if near else moment(self._dice)


def _fits(value: Any, type_: str, schema: Mapping[str, Any]) -> bool:
    return not any(misfits({**schema, "type": type_}, value))


def _sized(text: str, size: int) -> str:
    """A text made as long as that; one that has to begin or to end in some way still does where it is made longer."""
    size = min(size, _LONGEST)
    missing = size - len(text)
    if CUT in text and missing > 0:
        return text.replace(CUT, CUT * (missing + 1), 1)
    return ((text or TEXTS[0]) * size)[:size]


def _joined(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Schemas that must hold together, as far as one can be made of them."""
    whole: dict[str, Any] = {}
    for each in schemas:
        properties = {**whole.get("properties", {}), **each.get("properties", {})}
        required = [*whole.get("required", ()), *each.get("required", ())]
        whole |= each
        whole |= ({"properties": properties} if properties else {}) | ({"required": required} if required else {})
    return whole
