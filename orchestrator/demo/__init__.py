"""The demo company: its people, its history, its live visitors, its inbox; all invented.

Step    all: a source of step 1 and a mailbox behind step 5
Reads   everything
Writes  everything, in an empty database only
"""
