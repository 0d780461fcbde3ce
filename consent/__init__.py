"""What we may do: purposes, the record of every choice, contact rules.

Step    4 decided
Reads   contacts_contact
Writes  consent_*
"""
