"""Benchmarks: generated workloads, peers, and the process that measures them (see README.md)."""
