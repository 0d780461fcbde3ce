"""What a person may be offered: rules, budget, codes, one open offer at a time, and what became of it.

Step    3 touches proposed
Reads   journeys_offer, journeys_offercode
Writes  journeys_offer, journeys_offercode, journeys_offergrant
"""
