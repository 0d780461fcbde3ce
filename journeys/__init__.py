"""What comes next: journeys, their steps, who is where, and the content they send.

Step    3 touches proposed
Reads   contacts_signalfiring, contacts_segmentchange
Writes  journeys_*
"""
