"""Who is where: enter, leave, advance; proposes touches and knows nothing of consent, caps or channels.

Step    3 touches proposed
Reads   contacts_signalfiring, contacts_segmentchange, contacts_event, contacts_stagechange, contacts_segmentmember, journeys_step,
        consent_holdout, consent_holdoutmember
Writes  journeys_enrollment, journeys_transition, journeys_refusal, journeys_touch, journeys_trigger, journeys_scheduleturn
"""
