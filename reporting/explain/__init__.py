"""One contact, explained: journeys, what comes next, timeline, every verdict with its reason.

Step    6 KPIs
Reads   contacts_*, consent_*, journeys_*, orchestrator_verdict
Writes  nothing
"""
