"""The flow of a journey on the screen: drawn on the server, changed step by step, undone and done again.

Step    3 touches proposed
Reads   journeys_version, journeys_step, journeys_transition, journeys_enrollment, journeys_touch
Writes  journeys_version, journeys_edit
"""
