"""Who is who: several identifiers a person, merge of duplicates with undo, block list, review queue.

Step    0 people
Reads   contacts_identifier, contacts_blockedidentifier, contacts_mergeproposal
Writes  contacts_identifier, contacts_merge, contacts_mergedrow, contacts_mergeproposal, contacts_contact
"""
