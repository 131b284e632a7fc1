"""The embedded engine: one process, one SQLite journal."""

from concertato.engine.embedded.engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
