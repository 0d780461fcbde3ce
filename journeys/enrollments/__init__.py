"""Who is where: enter, leave, advance; proposes touches and knows nothing of consent, caps or channels.

Step    3 touches proposed
Reads   contacts_signalfiring, contacts_segmentchange, journeys_step
Writes  journeys_enrollment, journeys_transition, journeys_refusal, journeys_touch
"""
