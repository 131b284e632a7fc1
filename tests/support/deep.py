"""JSON text that is nested deeper than any supported Python reads; how deep that is differs from one to the next."""

NESTED_TOO_DEEP = b"[" * 100_000 + b"]" * 100_000
