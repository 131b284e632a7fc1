"""What an expression says of itself: its kind, the time that it is, what makes a reckoning come to a number."""

from collections.abc import Iterator

from concertato.simulation.hints import Kind
from concertato.simulation.syntax import Call, Constant, Operation, Tree
from concertato.simulation.times import length_of, moment_of


def kind_of(tree: Tree) -> Kind | None:
    match tree:
        case Constant(bool()):
            return "boolean"
        case Constant(int()):
            return "integer"
        case Constant(float()):
            return "double"
        case Constant(str()) | Call("string", None, _):
            return "string"
        case Call("int" | "size", _, _):
            return "integer"
        case Call("double", None, _):
            return "double"
        case Operation("+" | "-" | "*" | "/" | "%" | "neg", operands):
            return next(filter(None, map(kind_of, operands)), None)
        case _:
            return None


def undone(sign: str, operands: tuple[Tree, ...], whole: int | float) -> Iterator[tuple[Tree, int | float]]:
    """The operands of a reckoning whose values are not known, and what each must be near for it to come to `whole`."""
    match sign, operands:
        case "neg", (inner,):
            yield inner, -whole
        case "+", (Constant(int() | float() as by), inner) | (inner, Constant(int() | float() as by)):
            yield inner, tidy(whole - by)
        case "-", (inner, Constant(int() | float() as by)):
            yield inner, tidy(whole + by)
        case "-", (Constant(int() | float() as by), inner):
            yield inner, tidy(by - whole)
        case "*", (Constant(int() | float() as by), inner) | (inner, Constant(int() | float() as by)):
            yield from ((inner, each) for each in _quotients(whole, by))
        case "/", (inner, Constant(int() | float() as by)):
            # The next one, too: of whole numbers several come to the same.
            further = [whole + (1 if whole >= 0 else -1)] if isinstance(by, int) else []
            yield from ((inner, tidy(each * by)) for each in (whole, *further))
        case "/", (Constant(int() | float() as by), inner):
            yield from ((inner, each) for each in (_quotients(by, whole) if whole else [by]))
        case _:
            # Near enough: what is reckoned with is tried around what the whole is compared with.
            yield from ((each, whole) for each in operands if not isinstance(each, Constant))


def _quotients(whole: int | float, by: int | float) -> list[int | float]:
    if not by:
        return []
    if isinstance(whole, int) and isinstance(by, int):
        return [whole // by, -(-whole // by)]
    return [tidy(whole / by)]


def tidy(value: int | float) -> int | float:
    """0.5 and not 0.49999999999999994."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def time_of(tree: Tree) -> float | None:
    """The seconds of a time that is written out."""
    match tree:
        case Call("timestamp", None, (Constant(str(text)),)):
            return moment_of(text)
        case Call("duration", None, (Constant(str(text)),)):
            return length_of(text)
        case Operation("+" | "-" as sign, (first, second)):
            before, after = time_of(first), time_of(second)
            if before is None or after is None:
                return None
            return before + after if sign == "+" else before - after
        case _:
            return None
