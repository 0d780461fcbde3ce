"""Whole histories against the real product, judged by an oracle that knows nothing of it (docs/guide/soak.md)."""
