"""Journeys as files in and out with all that they need, and the templates of the classic journeys.

Step    3 touches proposed
Reads   journeys_version, journeys_block, journeys_offer, contacts_signal, contacts_segment
Writes  what a file brings: journeys, content, offers, signals, segments
"""
