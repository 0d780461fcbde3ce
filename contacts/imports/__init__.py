"""People in bulk: CSV and XLSX with mapping, preview, rejects, progress, and undo for 30 days.

Step    0 people
Reads   contacts_import, contacts_importpart
Writes  contacts_import, contacts_importpart, contacts_importreject, contacts_importchange, contacts_contact
"""
