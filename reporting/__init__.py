"""How it works out: counts along the phases, and the reason of every decision.

Step    6 KPIs
Reads   everything
Writes  reporting_*
"""
