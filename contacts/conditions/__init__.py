"""The language of every rule: validate, compile to SQL, say, explain, list what it depends on.

Step    none: used by every step
Reads   contacts_contact, contacts_account, contacts_event, contacts_attribute, contacts_segmentmember, contacts_segmentchange,
        contacts_signalfiring, contacts_stage, contacts_stagechange
Writes  nothing
"""
