"""Delivery: claim, render, send, record; and feedback that comes back as events.

Step    5 channels
Reads   journeys_touch, journeys_variant, consent_state
Writes  journeys_touch, orchestrator_link, contacts_event
"""
