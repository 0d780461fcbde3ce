"""One profile per person: master data, addresses, language, time zone.

Step    none: what every step reads
Reads   contacts_account
Writes  contacts_contact
"""
