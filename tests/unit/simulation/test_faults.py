"""Which faults are made is said in a few words, and a mistake in them is told."""

from typing import Any

import pytest

from concertato.errors import RequestError
from concertato.simulation.faults import NO_FAULTS, Faults, read_faults


def test_what_is_not_named_is_as_usual() -> None:
    assert read_faults("failure=0.3, crash=0") == Faults(failure=0.3, crash=0.0)
    assert read_faults("") == Faults()
    assert read_faults("failure = 0.2 ,") == Faults(failure=0.2)


def test_none_may_be_a_beginning() -> None:
    assert read_faults(" none ") == NO_FAULTS
    assert read_faults("none, crash=0.1") == Faults(**{**dict.fromkeys(Faults.__struct_fields__, 0.0), "crash": 0.1})


@pytest.mark.parametrize("share", [-1, 7, "x", None, True])
def test_a_share_that_is_none_is_refused_wherever_it_is_said(share: Any) -> None:
    with pytest.raises(RequestError, match="expected failure to be a share from 0 to 1"):
        Faults(failure=share)


def test_what_is_said_of_them_can_be_read_again() -> None:
    for faults in (Faults(), NO_FAULTS):
        assert read_faults(str(faults)) == faults
    rare = Faults(failure=0.05, hang=0.0)
    assert "hang" not in str(rare)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("failures=0.1", "there is no fault 'failures'; did you mean 'failure'?"),
        ("nonsense=1", "they are failure, slow, hang"),
        ("failure=2", "expected failure to be a share from 0 to 1, such as failure=0.1, got: 2.0"),
        ("failure=nan", "got: nan"),
        ("failure=often", "got: 'often'"),
        ("failure", "expected how often 'failure' is to happen"),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(text: str, told: str) -> None:
    with pytest.raises(RequestError) as error:
        read_faults(text)
    assert told in str(error.value)
