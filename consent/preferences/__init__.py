"""What a person can do without a login: unsubscribe by a signed link.

Step    4 decided
Reads   consent_state
Writes  consent_record through consent.records
"""
