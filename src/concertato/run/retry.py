"""When a failed attempt is tried again. Pure: the spread of the waits is a hash, so every replay waits alike."""

from zlib import crc32

from concertato.plan.model import RetryPolicy
from concertato.run.events import Failure


def retry_delay(policy: RetryPolicy, failure: Failure, attempt: int, seed: str) -> float | None:
    """Seconds until the next attempt, or None when there is none.

    `attempt` (from 1) is the one that failed. The wait grows by `factor` up to `max`, is spread evenly by ±`jitter`,
    and is never shorter than what the agent asked for (`retry_after`).
    """
    if attempt >= policy.max_attempts or failure.kind not in policy.on:
        return None
    try:
        wait = min(policy.max, policy.initial * policy.factor ** (attempt - 1))
    except OverflowError:  # beyond what a float holds, and so beyond `max`
        wait = policy.max if policy.initial else 0.0
    spread = crc32(f"{seed}#{attempt}".encode()) / 0xFFFFFFFF
    wait *= 1 + policy.jitter * (2 * spread - 1)
    return max(wait, failure.retry_after or 0.0)
