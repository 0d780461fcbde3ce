"""What the team knows about people: its own attributes, each with type, source, purpose and retention.

Step    0 people
Reads   contacts_attribute, contacts_apartvalue
Writes  contacts_attribute, contacts_apartvalue, contacts_contact, contacts_news
"""
