"""The append-only record of every grant, refusal and withdrawal, and the state derived from it.

Step    4 decided
Reads   contacts_contact, consent_purpose
Writes  consent_record, consent_state, consent_suppression, contacts_news
"""
