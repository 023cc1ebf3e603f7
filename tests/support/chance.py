"""Chance that can be repeated: a test with random parts names its seed, and TEST_SEED gives it back."""

import os
import random


def seeded():
    """(seed, random.Random): TEST_SEED's value, else a new one; printed, so that a failure shows it."""
    seed = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed}: repeat with TEST_SEED={seed}")
    return seed, random.Random(seed)
