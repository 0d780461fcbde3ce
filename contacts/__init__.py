"""Who people are and what they did.

Step    1 events and 2 signals
Reads   the API, imports, feedback of channels
Writes  contacts_*
"""
