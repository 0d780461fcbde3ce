"""Which channel plays which role in which phase: a matrix that the check of journeys goes by.

Step    3 touches proposed
Reads   journeys_channelrole
Writes  journeys_channelrole
"""
