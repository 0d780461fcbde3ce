"""Audiences at ad platforms and in files: kept in step with segments and lists, hashed, with consent looked at on every run.

Step    5 channels
Reads   contacts_segmentmember, contacts_contact, consent_state, consent_suppression
Writes  orchestrator_audience, orchestrator_audiencemember, orchestrator_audiencerun, orchestrator_audiencebatch
"""
