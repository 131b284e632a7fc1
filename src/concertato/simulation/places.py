"""Paths of a run, and the places in the definition that they belong to: `checks~2[3]/score~undo` → `checks/score`."""

import re
from functools import lru_cache

_OF_HOLDER = re.compile(r"(?:~\d+)?(?:\[\d+\])?/")


def node_of(path: str) -> str:
    """The path of the node that something is asked about: what is asked of its ladder or to undo it is marked."""
    head, slash, last = path.rpartition("/")
    return head + slash + last.partition("~")[0]


@lru_cache(maxsize=65536)
def place_of(path: str) -> str:
    """The node's place in the definition, whichever item or iteration, and whatever is asked about it."""
    return _OF_HOLDER.sub("/", node_of(path)).partition("[")[0]


@lru_cache(maxsize=65536)
def role_place_of(path: str) -> str:
    """As `place_of`, with the mark of what is asked about the node: `charge~undo`, `charge~fallback1`."""
    head, slash, last = path.rpartition("/")
    return _OF_HOLDER.sub("/", head + slash) + last.partition("#")[0]
