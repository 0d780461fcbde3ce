"""What a person can do without a login: unsubscribe by a signed link.

Step    4 decided
Reads   consent_state, contacts_contact
Writes  consent_record through consent.records, contacts_event through contacts.events
"""
