"""Which faults are made is said in a few words, and a mistake in them is told."""

import pytest

from concertato.errors import RequestError
from concertato.simulation.faults import NO_FAULTS, Faults, read_faults


def test_what_is_not_named_is_as_usual() -> None:
    assert read_faults("failure=0.3, crash=0") == Faults(failure=0.3, crash=0.0)
    assert read_faults("") == Faults()


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
        ("failure=2", "expected failure to be a share from 0 to 1, such as failure=0.1, got: '2'"),
        ("failure=often", "got: 'often'"),
        ("failure", "expected how often 'failure' is to happen"),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(text: str, told: str) -> None:
    with pytest.raises(RequestError) as error:
        read_faults(text)
    assert told in str(error.value)
