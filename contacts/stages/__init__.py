"""Where a person stands: lifecycle stages, mapped to the phases of the journey.

Step    2 signals
Reads   contacts_contact and whatever the rules name
Writes  contacts_contact, contacts_stagechange
"""
