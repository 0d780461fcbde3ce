"""Content blocks by reference, with variants by language: Liquid and MJML rendered to a mail.

Step    5 channels
Reads   contacts_contact
Writes  journeys_block, journeys_variant
"""
