"""Opens and clicks that come back, as events.

Step    5 channels, back to 1 events
Reads   orchestrator_link, journeys_touch, consent_state
Writes  contacts_event
"""
