"""What comes back, as events: deliveries, opens, clicks, bounces, complaints and replies by SMS, which stop messages to their address at once.

Step    5 channels, back to 1 events
Reads   orchestrator_link, journeys_touch, contacts_contact, consent_purpose, consent_state
Writes  contacts_event, consent_suppression, consent_record, orchestrator_hook, journeys_touch, journeys_journey
"""
