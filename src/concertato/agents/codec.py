"""How one annotation reads and writes JSON text. msgspec does it for everything but what pydantic must do itself.

Reading is strict: `"3"` is no number. A complaint names types and places, never the value: it goes into journals.
"""

import re
from collections.abc import Callable
from typing import Any, get_args

import msgspec

Reads = Callable[[bytes], Any]

_COMPLAINT = re.compile(r"(?P<what>.*?)(?: - at `(?P<key>key` in `)?\$(?P<where>.*?)`)?", re.DOTALL)
_VALUE_SHOWN = re.compile(r"(Invalid(?: enum)? value) .*", re.DOTALL)


class MisfitError(Exception):
    """JSON text or a value does not fit. `where` is the path inside it: `.lines[2]`, or empty for the whole."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(what, where)
        self.what = what
        self.where = where


def reader(annotation: Any) -> Reads:
    """What reads JSON text as `annotation` or raises `MisfitError`. Raises TypeError where JSON never can be."""
    decode = decoder(annotation)

    def read(text: bytes) -> Any:
        try:
            return decode(text)
        except msgspec.MsgspecError as error:
            raise misfit(error) from None

    return read


def decoder(annotation: Any) -> Reads:
    """The same, with nothing around it that costs time: what does not fit may be told in the library's own words."""
    if needs_pydantic(annotation):
        return _pydantic_reader(annotation)
    decode: Reads = msgspec.json.Decoder(annotation, strict=True, dec_hook=_read_nested).decode
    return decode


def _read_nested(kind: type[Any], value: Any) -> Any:
    """A pydantic model inside a dataclass or a Struct; msgspec says where it stands."""
    if not needs_pydantic(kind):
        raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
    try:
        return _pydantic_reader(kind)(msgspec.json.encode(value))
    except MisfitError as misfit:
        raise ValueError(f"{misfit.what} (its {misfit.where[1:]})" if misfit.where else misfit.what) from None


def refuse_unreadable(annotation: Any) -> None:
    """Raise TypeError for a class that neither msgspec nor pydantic can make from JSON."""
    from msgspec import inspect

    if not needs_pydantic(annotation) and isinstance(inspect.type_info(annotation), inspect.CustomType):
        raise TypeError(
            f"{getattr(annotation, '__name__', annotation)} cannot be made from JSON:"
            " expected a plain type, a dataclass, a TypedDict, an enum, a msgspec Struct or a pydantic model"
        )


def misfit(error: msgspec.MsgspecError) -> MisfitError:
    """msgspec's complaint, taken apart."""
    found = _COMPLAINT.fullmatch(str(error))
    if found is None:
        return MisfitError(str(error))
    what = _VALUE_SHOWN.sub(r"\1", found["what"])
    what = what[:1].lower() + what[1:]
    return MisfitError(f"a key: {what}" if found["key"] else what, found["where"] or "")


def needs_pydantic(annotation: Any) -> bool:
    """Whether pydantic's own types stand anywhere in the annotation: `list[Model]`, `Annotated[int, Field(gt=0)]`."""
    if any(hasattr(annotation, each) for each in ("__get_pydantic_core_schema__", "__pydantic_core_schema__")):
        return True
    if type(annotation).__module__.partition(".")[0] in {"pydantic", "annotated_types"}:
        return True
    return any(map(needs_pydantic, get_args(annotation)))


def pydantic_adapter(annotation: Any) -> Any:
    """pydantic's TypeAdapter. Raises TypeError for what pydantic cannot handle."""
    from pydantic import PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(annotation)
    except PydanticUserError as error:
        raise TypeError(error.message) from error


def pydantic_schema(annotation: Any) -> dict[str, Any]:
    """The JSON Schema of what pydantic writes. Raises TypeError where there is none."""
    from pydantic.errors import PydanticUserError

    try:
        schema: dict[str, Any] = pydantic_adapter(annotation).json_schema(by_alias=True, mode="serialization")
    except PydanticUserError as error:
        raise TypeError(error.message) from error
    return schema


def _pydantic_reader(annotation: Any) -> Reads:
    from pydantic import ValidationError

    adapter = pydantic_adapter(annotation)

    def read(text: bytes) -> Any:
        try:
            return adapter.validate_json(text)
        except ValidationError as error:
            raise pydantic_misfit(error) from None

    return read


def pydantic_misfit(error: Any) -> MisfitError:
    """The first of pydantic's complaints, without the value it is about."""
    first, *more = error.errors(include_url=False, include_context=False, include_input=False)
    where = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in first["loc"])
    also = f" (and {len(more)} more)" if more else ""
    return MisfitError(f"{first['msg'][:1].lower()}{first['msg'][1:]}{also}", where)
