"""Benchmarks: each module runs as `uv run python -m tests.bench.NAME` and prints one JSON object as its last line."""
