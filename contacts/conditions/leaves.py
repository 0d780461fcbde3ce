"""Leaves of conditions that this room registers."""
