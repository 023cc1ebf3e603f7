"""Helpers of the process-level tests."""
