"""Key figures per phase, journey and day.

Step    6 KPIs
Reads   journeys_transition, journeys_enrollment, journeys_touch, contacts_contact, contacts_event
Writes  reporting_dailyvalue
"""
