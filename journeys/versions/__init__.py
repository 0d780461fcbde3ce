"""The life of a journey: publish with a plan for people in flight, pause, archive, roll back, compare.

Step    3 touches proposed
Reads   journeys_version, journeys_step, journeys_enrollment
Writes  journeys_journey, journeys_version, journeys_enrollment, journeys_transition
"""
