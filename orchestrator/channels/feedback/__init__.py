"""Opens, clicks and unsubscriptions that come back, as events.

Step    5 channels, back to 1 events
Reads   orchestrator_link, journeys_touch
Writes  contacts_event, consent_record
"""
