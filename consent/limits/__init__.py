"""Contact rules: how much is enough (caps), and when to be quiet.

Step    4 decided
Reads   nothing
Writes  consent_limit, consent_quiethours
"""
