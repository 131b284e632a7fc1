"""A plan as a picture, with the statuses of a run on it where there is one."""

from concertato.plan.draw.mermaid import to_mermaid
from concertato.plan.draw.text import to_text
from concertato.plan.draw.words import Changes, OwnBody, place_of

__all__ = ["Changes", "OwnBody", "place_of", "to_mermaid", "to_text"]
