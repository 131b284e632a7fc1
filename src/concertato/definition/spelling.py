"""Did you mean …? The one place that finds the known word nearest to an unknown one."""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher


def _trimmed(word: str) -> Iterator[str]:
    """The word and every word that lacks one of its letters, blind to case, hyphens and underscores."""
    plain = word.casefold().replace("_", "").replace("-", "")
    yield plain
    for at in range(len(plain)):
        yield plain[:at] + plain[at + 1 :]


class Speller:
    """Finds near words in time that does not grow with the number of words known.

    Two words are near when they become equal by dropping at most one letter of each: that covers a letter too many,
    too few, wrong, or two swapped. Comparing with every word would make a definition of 10,000 mistakes take minutes.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._position = {word: position for position, word in enumerate(words)}
        self._near: dict[str, list[str]] = {}
        for word in self._position:
            for form in set(_trimmed(word)):
                self._near.setdefault(form, []).append(word)

    def near(self, word: str, *, by: str = "") -> str | None:
        """The nearest known word. Of equally near ones, the last before `by`, which is none of them itself."""
        limit = self._position.get(by, len(self._position))

        def rank(known: str) -> tuple[bool, float, bool, int]:
            position = self._position[known]
            is_same = known.casefold() == word.casefold()
            return is_same, SequenceMatcher(None, word, known).ratio(), position < limit, position

        found = {known for form in _trimmed(word) for known in self._near.get(form, ())} - {word, by}
        return max(found, key=rank, default=None)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word of a short list that `word` was probably meant to be."""
    scored = [(SequenceMatcher(None, word.casefold(), known.casefold()).ratio(), known) for known in words]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= 0.6 else Speller(known for _, known in scored).near(word)


def did_you_mean(word: str | None) -> str:
    """The end of a message: the suggestion, or nothing."""
    return f"; did you mean {word!r}?" if word else ""
