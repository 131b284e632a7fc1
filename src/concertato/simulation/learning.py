"""Learning from one expression what it says about the values that it reads."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from concertato.simulation.hints import CUT, SPREADS, Hint, Kind
from concertato.simulation.reckoning import kind_of, time_of, undone
from concertato.simulation.syntax import (
    Call,
    Choice,
    Constant,
    Field,
    Index,
    Listing,
    Name,
    Operation,
    Other,
    Tree,
)
from concertato.simulation.times import START, moment_of

_ORDER = {"<", "<=", ">", ">="}
_TEXT_METHODS = {"startsWith", "endsWith", "contains", "matches"}
_LIST_MACROS = {"all", "exists", "exists_one", "existsOne", "map", "filter"}
_CLOCK: dict[str, Kind] = {"timestamp": "moment", "duration": "length"}
_OF_LENGTHS = {"getHours": 3600.0, "getMinutes": 60.0, "getSeconds": 1.0}
_NUMBERS: frozenset[Kind] = frozenset({"integer", "double", "number"})

Lookup = Callable[[str], "Hint | None"]
"""The hint of the value that a name stands for; None for a name whose value nobody chooses."""


def learn(tree: Tree, lookup: Lookup, wanted: Kind | None = None) -> None:
    """Take from an expression all that it says. `wanted` is what its whole value must be."""
    _Learner(lookup).read(tree, wanted)


class _Learner:
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._bound: dict[str, Hint] = {}

    def read(self, tree: Tree, wanted: Kind | None = None) -> Hint | None:
        """Learn from a part, which must be of the kind `wanted`; returns the hint of the value that it is, if any."""
        match tree:
            case Name() | Field() | Index():
                hint = self._reference(tree)
                if hint is not None and wanted is not None:
                    hint.kinds[wanted] = None
                return hint
            case Operation(sign, operands):
                self._operation(sign, operands, wanted)
            case Choice(condition, first, second):
                self.read(condition, "boolean")
                self._pair(first, second)
                self.read(first, wanted)
                self.read(second, wanted)
            case Call(function, of, arguments):
                self._call(function, of, arguments)
            case Listing(items) | Other(items):
                self._all(items)
            case Constant():
                pass
        return None

    def _all(self, trees: Iterable[Tree]) -> None:
        for each in trees:
            self.read(each)

    def _reference(self, tree: Tree) -> Hint | None:
        match tree:
            case Name(name):
                return self._bound[name] if name in self._bound else self._lookup(name)
            case Field(of, name):
                outer = self.read(of)
                return None if outer is None else outer.field(name)
            case Index(of, index):
                outer = self.read(of)
                if outer is None:
                    return None
                if isinstance(index, Constant) and isinstance(index.value, int):
                    outer.least = max(outer.least, index.value + 1)
                else:
                    self.read(index)
                return outer.item()
            case _:
                return None

    def _operation(self, sign: str, operands: tuple[Tree, ...], wanted: Kind | None) -> None:
        if sign in ("&&", "||", "!"):
            for each in operands:
                self.read(each, "boolean")
        elif sign in ("==", "!=") or sign in _ORDER:
            self._compare(*operands, order=sign in _ORDER)
        elif sign == "in":
            self._member(*operands)
        else:
            self._reckon(operands, wanted)

    def _compare(self, left: Tree, right: Tree, *, order: bool) -> None:
        for one, other in ((left, right), (right, left)):
            time = time_of(other)
            if isinstance(other, Constant):
                self._against(one, other.value, order=order)
            elif isinstance(other, Listing):
                self._against_list(one, other)
            elif time is not None:
                self._against_time(one, time)
            else:
                self._against_later(one, other)
        self._pair(left, right)
        for one, other in ((left, right), (right, left)):
            kind = kind_of(other)
            hint = self.read(one, "number" if kind in _NUMBERS and not isinstance(other, Constant) else None)
            if hint is not None:
                hint.ordered |= order

    def _against(self, tree: Tree, constant: Any, *, order: bool = False) -> None:
        """A value is compared with a constant."""
        match tree:
            case Call("size", of, arguments):
                measured = self.read(of or arguments[0])
                if measured is not None and isinstance(constant, int):
                    measured.sizes += [size for size in (constant - 1, constant, constant + 1) if size >= 0]
            case Call("int" | "double" | "string", None, (inner,)):
                self._against(inner, constant, order=order)
            case Call("timestamp" | "duration", None, _):
                pass
            case Call(function, Call("timestamp" | "duration", None, _) as time, _) if isinstance(constant, int):
                self._against_part(function, time, constant)
            case Operation("%", (inner, Constant(int(divisor)))) if isinstance(constant, int) and divisor > 0:
                self._against(inner, constant, order=order)
                for hint in self._parts(inner):
                    left = (constant, constant - 1, constant + 1)
                    hint.rests |= {(divisor, rest): None for rest in left if 0 <= rest < divisor}
            case Operation("+" | "-" | "*" | "/" | "neg" as sign, operands) if isinstance(constant, int | float):
                for operand, number in undone(sign, operands, constant):
                    self._against(operand, number, order=order)
            case _:
                self._note(tree, constant, order=order)

    def _note(self, tree: Tree, constant: Any, *, order: bool) -> None:
        hint = self.read(tree)
        if hint is None:
            return
        hint.note(constant)
        if order and isinstance(constant, str):
            hint.note_beside(constant)
        if order and isinstance(constant, int | float) and not isinstance(constant, bool):
            hint.kinds["number"] = None

    def _against_list(self, tree: Tree, listing: Listing) -> None:
        """A value is compared with a list that is written out."""
        hint = self.read(tree)
        if hint is not None:
            hint.kinds["list"] = None
            found = [each.value for each in listing.items if isinstance(each, Constant)]
            if len(found) == len(listing.items):
                hint.note(found)

    def _against_later(self, tree: Tree, later: Tree) -> None:
        """A time is compared with another to which a length of time is added: they must be about so far apart."""
        match later:
            case Operation("+" | "-" as sign, (Call("timestamp", None, _) as inner, by)) if away := time_of(by):
                self._against_time(Operation("-", (tree, inner)), away if sign == "+" else -away)
            case _:
                pass

    def _against_part(self, function: str, time: Call, constant: int) -> None:
        """A part of a time is compared with a number. Of most parts of a moment all are tried: see `spread`."""
        for number in (constant, constant + 1):
            if time.function == "duration" and function in _OF_LENGTHS:
                self._against_time(time, number * _OF_LENGTHS[function])
            elif time.function == "timestamp" and function == "getFullYear":
                self._against_time(time, moment_of(f"{number:04}-01-01T00:00:00Z"))

    def _against_time(self, tree: Tree, seconds: float | None) -> None:
        """A time is compared with a moment, in seconds since the epoch, or with a length of time."""
        match tree:
            case Call("timestamp" | "duration" as function, None, (inner,)) if seconds is not None:
                hint = self.read(inner, _CLOCK[function])
                if hint is not None:
                    hint.times[seconds] = None
            case Operation("+" | "-" as sign, (first, second)) if seconds is not None:
                before, after = time_of(first), time_of(second)
                if after is not None:
                    self._against_time(first, seconds - after if sign == "+" else seconds + after)
                elif before is not None:
                    self._against_time(second, seconds - before if sign == "+" else before - seconds)
                elif sign == "-" and isinstance(first, Call) and first.function == "timestamp":
                    # How far two moments are apart: each is made about at both ends.
                    self._against_time(first, START + seconds)
                    self._against_time(second, START)
            case _:
                pass

    def _pair(self, left: Tree, right: Tree) -> None:
        """What is compared or reckoned with each other is alike, and so is what the one is reckoned from."""
        for first, second in product(self._parts(left), self._parts(right)):
            if first is not second:
                first.alike.append(second)
                second.alike.append(first)

    def _parts(self, tree: Tree) -> list[Hint]:
        match tree:
            case Name() | Field() | Index():
                hint = self._reference(tree)
                return [] if hint is None else [hint]
            case Operation("+" | "-" | "*" | "/" | "%" | "neg", operands):
                return [hint for each in operands for hint in self._parts(each)]
            case Call("timestamp" | "duration", None, (inner,)):
                return self._parts(inner)
            case _:
                return []

    def _member(self, member: Tree, container: Tree) -> None:
        if isinstance(container, Listing):
            for each in container.items:
                if isinstance(each, Constant):
                    self._against(member, each.value)
        self.read(member)
        holder = self.read(container)
        if holder is not None:
            holder.kinds["list"] = None
            if isinstance(member, Constant):
                holder.item().note(member.value)
            for inside in self._parts(member):
                holder.item().alike.append(inside)
                inside.alike.append(holder.item())

    def _reckon(self, operands: tuple[Tree, ...], wanted: Kind | None) -> None:
        """CEL does not mix whole numbers with others, so that one operand tells what the other is."""
        kind: Kind | None = next(filter(None, map(kind_of, operands)), None)
        if kind is None and wanted in _NUMBERS:
            kind = wanted
        if len(operands) == 2:
            self._pair(*operands)
        for each in operands:
            self.read(each, kind)

    def _call(self, function: str, of: Tree | None, arguments: tuple[Tree, ...]) -> None:
        if of is not None and function in _LIST_MACROS and len(arguments) > 1 and isinstance(arguments[0], Name):
            self._macro(function, of, arguments)
        elif function == "has" and arguments:
            asked = self.read(arguments[0])
            if asked is not None:
                asked.optional = True
        elif function == "size":
            measured = self.read(of or arguments[0])
            if measured is not None and not measured.sizes:
                measured.sizes += [0, 1, 2]
        elif of is not None and function in _TEXT_METHODS:
            self._of_text(function, of, arguments)
        elif of is not None and function in SPREADS:
            self._of_time(function, of)
        elif of is None and function in _CLOCK and arguments:
            self.read(arguments[0], _CLOCK[function])
        elif of is None and function in ("int", "double") and arguments:
            self._converted(function, arguments[0])
        else:
            self._all([*([of] if of is not None else []), *arguments])

    def _of_time(self, function: str, of: Tree) -> None:
        self.read(of, "moment")
        for hint in self._parts(of):
            if "moment" in hint.kinds:
                hint.spread = max(hint.spread, SPREADS[function])

    def _converted(self, function: str, value: Tree) -> None:
        hint = self.read(value)
        if hint is not None and not hint.kinds:
            hint.kinds["double" if function == "int" else "number"] = None

    def _of_text(self, function: str, of: Tree, arguments: tuple[Tree, ...]) -> None:
        text = self.read(of, "string")
        for each in arguments:
            self.read(each, "string")
            if text is not None and isinstance(each, Constant) and function != "matches":
                text.note(
                    {"startsWith": f"{each.value}{CUT}", "endsWith": f"{CUT}{each.value}"}.get(function, each.value)
                )
                if function == "contains":
                    text.held[str(each.value)] = None

    def _macro(self, function: str, of: Tree, arguments: tuple[Tree, ...]) -> None:
        holder = self.read(of)
        variable = arguments[0]
        assert isinstance(variable, Name)
        before = self._bound.get(variable.name)
        if holder is not None:
            holder.kinds["list"] = None
            holder.sizes += [0, 1, 2]
        self._bound[variable.name] = Hint() if holder is None else holder.item()
        for each in arguments[1:]:
            self.read(each, None if function == "map" else "boolean")
        if before is None:
            del self._bound[variable.name]
        else:
            self._bound[variable.name] = before
