"""The claims that wait for the ledger while a benchmark runs, as a consumer counts them, and whether it keeps up."""

import concurrent.futures
import dataclasses
import threading
import time

from support.metrics import sum_of

SAMPLE_SECONDS = 0.25
AGE_SECONDS_MAX = 2.0


@dataclasses.dataclass(frozen=True)
class Sample:
    """Claims that are accepted and not in the ledger, and the age of the oldest, `seconds` after the load began."""

    seconds: float
    claims: float
    oldest_seconds: float


def keeps_up(samples, after_seconds, age_seconds_max=AGE_SECONDS_MAX):
    """Whether from `after_seconds` on no claim waited longer than that. Without a sample so late nothing is known."""
    late = [sample for sample in samples if sample.seconds >= after_seconds]
    if not late:
        raise SystemExit(f"the consumer told no backlog after {after_seconds:g} s: not a result")
    return all(sample.oldest_seconds <= age_seconds_max for sample in late)


def sample_of(page, seconds):
    """The sample in the text of /metrics; None where the consumer does not know."""
    claims, oldest = (sum_of(page, name) for name in ("coupon_queue_backlog", "coupon_queue_oldest_seconds"))
    return None if claims is None or oldest is None else Sample(seconds, claims, oldest)


class BacklogWatch:
    """Samples a consumer's backlog while a with-block runs: `samples`, in order of time."""

    def __init__(self, consumer):
        self.consumer, self.samples = consumer, []
        self._over = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._work = None

    def __enter__(self):
        self._work = self._pool.submit(self._watch)
        return self

    def __exit__(self, *_):
        self._over.set()
        self._pool.shutdown()
        self._work.result()  # raises what went wrong

    def _watch(self):
        began = time.monotonic()
        while not self._over.wait(SAMPLE_SECONDS):
            seconds = time.monotonic() - began
            if sample := sample_of(self.consumer.get("/metrics").text, seconds):
                self.samples.append(sample)
