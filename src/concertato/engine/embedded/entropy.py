"""Random bytes for ids, drawn many at a time: asking the kernel costs more than all else that starting a run takes."""

import os

_ID = 10
_DRAWN = 256 * _ID


class Entropy:
    """Each engine has its own, so that no two processes ever draw from the same bytes: a fork leaves engines behind."""

    def __init__(self) -> None:
        self._drawn = b""
        self._used = 0

    def draw(self) -> bytes:
        """Ten bytes that nobody had before."""
        if self._used == len(self._drawn):
            self._drawn, self._used = os.urandom(_DRAWN), 0
        self._used += _ID
        return self._drawn[self._used - _ID : self._used]
