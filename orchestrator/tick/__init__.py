"""The heartbeat: the flow as a tuple, the pulse for news, the beat for time.

Step    2 to 4, in this order
Reads   contacts_news
Writes  orchestrator_heartbeat, and what its steps write
"""
