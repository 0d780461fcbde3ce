"""Delivery: claim, render, send, record; and feedback that comes back as events.

Step    5 channels
Reads   journeys_touch, journeys_variant, consent_state, consent_suppression
Writes  journeys_touch, orchestrator_verdict, orchestrator_link, orchestrator_receiver, consent_suppression, contacts_event
"""
