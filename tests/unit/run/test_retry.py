"""When the next attempt comes."""

from dataclasses import replace

import pytest

from concertato.errors import TRANSIENT, FailureKind
from concertato.plan.model import RetryPolicy
from concertato.run.events import Failure
from concertato.run.retry import retry_delay

POLICY = RetryPolicy(max_attempts=100, initial=1.0, factor=2.0, max=60.0, jitter=0.0, on=TRANSIENT)
DOWN = Failure(FailureKind.UNAVAILABLE, "down")


def delay(attempt: int, policy: RetryPolicy = POLICY, failure: Failure = DOWN, seed: str = "n1") -> float:
    wait = retry_delay(policy, failure, attempt, seed)
    assert wait is not None
    return wait


def test_the_waits_grow_by_the_factor_up_to_the_maximum() -> None:
    assert [delay(attempt) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_factor_of_one_keeps_the_wait() -> None:
    assert {delay(attempt, replace(POLICY, factor=1.0)) for attempt in range(1, 50)} == {1.0}


def test_a_late_attempt_of_many_does_not_overflow() -> None:
    assert delay(999_999, replace(POLICY, max_attempts=1_000_000, factor=1e9)) == 60.0


def test_a_small_factor_gets_to_the_maximum_as_well() -> None:
    assert delay(5000, replace(POLICY, max_attempts=10_000, factor=1.001)) == 60.0


def test_no_wait_stays_no_wait_however_often_it_is_multiplied() -> None:
    assert delay(999, replace(POLICY, max_attempts=1000, factor=1e9, initial=0.0)) == 0.0


def test_the_spread_stays_within_the_jitter_and_uses_it() -> None:
    policy = replace(POLICY, jitter=0.2, factor=1.0, initial=10.0)
    waits = [delay(1, policy, seed=f"n{number}") for number in range(500)]
    assert 8.0 <= min(waits) < 8.2
    assert 11.8 < max(waits) <= 12.0


def test_the_same_attempt_of_the_same_node_always_waits_alike() -> None:
    policy = replace(POLICY, jitter=1.0)
    assert delay(2, policy) == delay(2, policy)
    assert delay(2, policy, seed="n1") != delay(2, policy, seed="n2")
    assert delay(1, replace(policy, factor=1.0)) != delay(2, replace(policy, factor=1.0))


def test_an_agent_that_asks_for_time_gets_at_least_that() -> None:
    assert delay(1, failure=Failure(FailureKind.RATE_LIMITED, "slow down", retry_after=90)) == 90
    assert delay(4, failure=Failure(FailureKind.RATE_LIMITED, "slow down", retry_after=3)) == 8


def test_the_last_attempt_is_not_followed_by_another() -> None:
    assert retry_delay(replace(POLICY, max_attempts=3), DOWN, 2, "n1") == 2
    assert retry_delay(replace(POLICY, max_attempts=3), DOWN, 3, "n1") is None


@pytest.mark.parametrize("kind", FailureKind)
def test_only_the_kinds_that_the_policy_names_are_retried(kind: FailureKind) -> None:
    assert (retry_delay(POLICY, Failure(kind, "m"), 1, "n1") is None) == (kind not in TRANSIENT)
