"""Measurements: `make bench` prints them as a table and keeps them in var/bench/results.jsonl; nothing is asserted."""
