"""The doors for machines: contacts and events in, by our REST API and by SDKs of the Segment dialect; connections shown.

Step    1 events
Reads   orchestrator_apikey, orchestrator_arrival
Writes  contacts_contact, contacts_account, contacts_event, contacts_news, contacts_identifier, orchestrator_arrival
"""
