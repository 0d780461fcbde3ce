"""One verdict with one reason for every touch that a journey proposes.

Step    4 decided
Reads   journeys_touch, journeys_enrollment, consent_state, consent_limit, consent_quiethours, contacts_handover
Writes  journeys_touch, orchestrator_verdict
"""
