"""Real history through the journeys: a CSV of events and a virtual clock.

Step    all, with nothing sent
Reads   a CSV file and a YAML mapping
Writes  contacts_contact, contacts_event, and what the tick writes
"""
