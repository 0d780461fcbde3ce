"""Companies that contacts work for.

Step    none: what every step reads
Reads   nothing
Writes  contacts_account, contacts_news
"""
