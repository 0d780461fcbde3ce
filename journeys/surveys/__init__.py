"""Answers to surveys: the page that a link in a message leads to, open to whoever has the link.

Step    1 events
Reads   journeys_touch, journeys_step
Writes  contacts_event, contacts_contact
"""
