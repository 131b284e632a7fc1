"""What `conftest.py` settles for every property test."""

from hypothesis import settings


def test_no_random_example_fails_for_being_slow() -> None:
    assert settings().deadline is None
