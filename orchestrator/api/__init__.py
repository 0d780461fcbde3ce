"""The REST API for machines: contacts and events in.

Step    1 events
Reads   orchestrator_apikey
Writes  contacts_contact, contacts_event, contacts_news
"""
