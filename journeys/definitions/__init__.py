"""Journeys and their immutable versions: draft, check, publish, pause.

Step    3 touches proposed
Reads   journeys_block
Writes  journeys_journey, journeys_version, journeys_step
"""
