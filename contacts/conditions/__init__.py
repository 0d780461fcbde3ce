"""The language of every rule: validate, compile to SQL, say, explain, list what it depends on.

Step    none: used by every step
Reads   contacts_contact, contacts_event, contacts_segmentmember, contacts_signalfiring, contacts_stage
Writes  nothing
"""
