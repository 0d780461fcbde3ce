"""Facts about people, append-only, in their own time; and who has news.

Step    1 events
Reads   contacts_contact
Writes  contacts_event, contacts_messageid, contacts_news
"""
