"""How fast messages go out, and whether they do: buckets of tokens, and the switch that stops everything.

Step    5 channels
Reads   orchestrator_stop, orchestrator_bucket
Writes  orchestrator_stop, orchestrator_bucket, journeys_touch
"""
