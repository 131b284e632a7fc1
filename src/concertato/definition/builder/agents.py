"""Agents by name, and parts of the grammar given as models, as the document writes them."""

from collections.abc import Mapping
from typing import Any, Protocol

from concertato.definition.model_parts import Model


class Named(Protocol):
    """A decorated agent, of which only the name matters here."""

    name: str


def agent_name(agent: str | Named) -> str:
    return agent if isinstance(agent, str) else agent.name


def plain(part: Model | Mapping[str, Any]) -> dict[str, Any]:
    """A part of the grammar as the document writes it."""
    return part.model_dump(mode="json", by_alias=True, exclude_unset=True) if isinstance(part, Model) else dict(part)
