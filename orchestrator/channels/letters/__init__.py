"""Letters: what was handed over lies in a batch until somebody closes it, prints it and posts it.

Step    5 channels
Reads   contacts_contact, journeys_touch, consent_* (consent_stands_against)
Writes  orchestrator_letterbatch, orchestrator_letter, orchestrator_letterdownload, journeys_touch, orchestrator_verdict, contacts_event
"""
