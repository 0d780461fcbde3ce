"""One verdict with one reason for every touch that a journey proposes.

Step    4 decided
Reads   journeys_*, consent_*, contacts_contact, contacts_handover, contacts_scorevalue
Writes  journeys_touch, orchestrator_verdict
"""
