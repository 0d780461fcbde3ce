"""Groups of people kept current by a condition.

Step    2 signals
Reads   contacts_contact and whatever the condition names
Writes  contacts_segmentmember, contacts_segmentchange
"""
