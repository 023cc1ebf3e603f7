"""The one place where a test lets time pass: polling with a deadline."""

import asyncio
import time

POLL_SECONDS = 0.005


def wait_until(condition, timeout_seconds, what):
    """Calls `condition` until its result is true and returns that result.

    Raises TimeoutError naming `what` after `timeout_seconds`. An exception of `condition` is not swallowed.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise TimeoutError(f"not within {timeout_seconds} s: {what}")
        time.sleep(POLL_SECONDS)


async def pause(seconds):
    """What a client does before it asks again somebody who was not there."""
    await asyncio.sleep(seconds)
