"""What people see of the delivery and do about it: queues, pace, failures, dead letters, what is in doubt, the switch.

Step    5 channels
Reads   journeys_touch, journeys_webhookcall, consent_servicemail, orchestrator_attempt, orchestrator_stop, orchestrator_bucket, contacts_event
Writes  journeys_touch, journeys_webhookcall, consent_servicemail, orchestrator_attempt, contacts_news
"""
