"""YAML text to plain values, by the YAML 1.2 core schema: `on`, `yes`, `no` and dates are text, and so is every key.

Nothing recurses, and an alias shares the value that it stands for, so no text makes more than its own size of memory.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import yaml

from concertato.definition.codes import Code
from concertato.definition.reading import MAX_DEPTH, Json, Places, Reading, UnreadableError
from concertato.definition.yaml_events import YamlEvent, place_of, yaml_events

MAX_MERGED = 1_000_000
"""How many entries all `<<` of a text may bring together."""

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_SCALAR_TAGS: dict[str, type | tuple[type, ...]] = {
    _TAG + "int": int,
    _TAG + "float": (int, float),
    _TAG + "bool": bool,
    _TAG + "null": type(None),
}


def read_yaml(text: str, reading: Reading) -> Json:
    """The value that `text` holds; None when it holds nothing. Raises `UnreadableError` where reading cannot go on."""
    composer = _Composer(reading)
    for event in yaml_events(text):
        composer.take(event)
    return composer.root


def meaning(text: str) -> Json:
    """What an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INT.fullmatch(text):
        # An endless number is refused later anyway, and Python declines to read thousands of digits.
        return int(text, 0 if text[:2] in ("0x", "0o") else 10) if len(text) < 100 else float("inf")
    return float(text) if _FLOAT.fullmatch(text) else text


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is being read. `key` is the one whose value comes next; `merging` after `<<`."""

    value: Json
    start: YamlEvent
    is_mapping: bool
    key: str | None = None
    merging: bool = False
    merged: list[dict[str, Json]] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.is_mapping and self.key is None

    @property
    def step(self) -> str | int:
        """The path's step to the value that comes next."""
        return self.key if self.key is not None else len(self.value)


class _Composer:
    """Builds the one value that a stream of events describes."""

    def __init__(self, reading: Reading) -> None:
        self.root: Json = None
        self._reading = reading
        self._stack: list[_Open] = []
        self._anchors: dict[str, Json] = {}
        self._merged = 0
        self._documents = 0

    def take(self, event: YamlEvent) -> None:
        """All events go in here."""
        handler = self._HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def _on_document(self, event: YamlEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "a second YAML document starts here; a file holds one definition: split it"
            raise UnreadableError(Code.SYNTAX, message, place_of(event))

    def _on_scalar(self, event: YamlEvent) -> None:
        if self._stack and self._stack[-1].wants_key:
            self._take_key(self._stack[-1], event)
            return
        # `implicit[0]`: unquoted and untagged, so its form says what it is.
        value = meaning(event.value) if event.implicit[0] else self._tagged(event)
        if event.anchor:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _tagged(self, event: YamlEvent) -> Json:
        if event.tag in (None, _TAG + "str"):
            return event.value
        value = meaning(event.value)
        if event.tag not in _SCALAR_TAGS:
            self._refuse_tag(event)
        elif not isinstance(value, _SCALAR_TAGS[event.tag]):
            expected = event.tag.removeprefix(_TAG)
            self._reading.note(Code.WRONG_VALUE, f"expected {expected}, as tagged, got: {value!r}", place_of(event))
        return float(value) if event.tag == _TAG + "float" and isinstance(value, int) else value

    def _refuse_tag(self, event: YamlEvent) -> None:
        message = f"the tag {event.tag!r} means nothing here: a definition holds plain values only; remove the tag"
        self._reading.note(Code.WRONG_VALUE, message, place_of(event))

    def _take_key(self, top: _Open, event: YamlEvent) -> None:
        # The text itself is the key, whatever it would mean as a value: `on`, `1` and `null` are keys like others.
        top.key = event.value
        top.merging = event.value == "<<" and event.implicit[0]
        if event.anchor:
            self._anchors[event.anchor] = event.value
        if top.key in top.value:
            message = f"the key {top.key!r} stands twice in this mapping; keep one of them"
            self._reading.note(Code.DUPLICATE_KEY, message, place_of(event))
        if self._reading.places is not None:
            self._reading.places.keys[tuple(open_.step for open_ in self._stack)] = place_of(event)

    def _on_start(self, event: YamlEvent) -> None:
        if self._stack and self._stack[-1].wants_key:
            raise UnreadableError(Code.WRONG_VALUE, "expected text as a key, got: a list or a mapping", place_of(event))
        if len(self._stack) == MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels; move inner parts to workflows of their own"
            raise UnreadableError(Code.TOO_LARGE, message, place_of(event))
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", _TAG + ("map" if is_mapping else "seq")):
            self._refuse_tag(event)
        self._stack.append(_Open({} if is_mapping else [], event, is_mapping))

    def _on_end(self, _: YamlEvent) -> None:
        done = self._stack.pop()
        for source in done.merged:
            for key, value in source.items():
                done.value.setdefault(key, value)
        if done.start.anchor:
            self._anchors[done.start.anchor] = done.value
        self._put(done.value, done.start)

    def _on_alias(self, event: YamlEvent) -> None:
        if self._stack and self._stack[-1].wants_key:
            raise UnreadableError(Code.WRONG_VALUE, "expected text as a key, got: an alias", place_of(event))
        if any(open_.start.anchor == event.anchor for open_ in self._stack):
            message = f"the alias *{event.anchor} stands inside the value that it repeats: that would never end"
            raise UnreadableError(Code.WRONG_VALUE, message, place_of(event))
        if event.anchor not in self._anchors:
            message = (
                f"the alias *{event.anchor} repeats nothing; write &{event.anchor} before the value it is to repeat"
            )
            raise UnreadableError(Code.WRONG_VALUE, message, place_of(event))
        self._put(self._anchors[event.anchor], event)

    def _put(self, value: Json, event: YamlEvent) -> None:
        """`value`, whose text begins with `event`, is complete."""
        places: Places | None = self._reading.places
        if places is not None:
            places.values[tuple(open_.step for open_ in self._stack)] = place_of(event)
        if not self._stack:
            self.root = value
            return
        top = self._stack[-1]
        if not top.is_mapping:
            top.value.append(value)
        elif top.merging:
            self._merge(top, value, event)
        else:
            top.value[top.key] = value
        top.key, top.merging = None, False

    def _merge(self, top: _Open, value: Json, event: YamlEvent) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            message = "expected a mapping, or a list of mappings, to merge with <<"
            self._reading.note(Code.WRONG_VALUE, message, place_of(event))
            return
        self._merged += sum(map(len, sources))
        if self._merged > MAX_MERGED:
            message = f"<< brings together more than {MAX_MERGED:,} entries; split the definition"
            raise UnreadableError(Code.TOO_LARGE, message, place_of(event))
        top.merged.extend(sources)

    _HANDLERS: ClassVar[dict[type[yaml.Event], Callable[["_Composer", Any], None]]] = {
        yaml.DocumentStartEvent: _on_document,
        yaml.ScalarEvent: _on_scalar,
        yaml.MappingStartEvent: _on_start,
        yaml.SequenceStartEvent: _on_start,
        yaml.MappingEndEvent: _on_end,
        yaml.SequenceEndEvent: _on_end,
        yaml.AliasEvent: _on_alias,
    }
