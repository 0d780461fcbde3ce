"""Tasks for sales and service: something that a person of ours does for a person, with a due date and an outcome.

Step    5 channels: people of ours are a channel
Reads   contacts_contact, contacts_handover
Writes  contacts_task, contacts_event
"""
