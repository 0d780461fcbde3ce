"""The page of the day: phases, journeys, what the arbiter decided, what needs a person.

Step    6 KPIs
Reads   reporting_dailyvalue, journeys_enrollment, orchestrator_verdict, contacts_handover
Writes  nothing
"""
