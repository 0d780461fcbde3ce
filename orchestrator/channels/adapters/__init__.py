"""One file a channel: the only code that talks to a provider.

Step    5 channels
Reads   nothing
Writes  nothing: channels.operations records the outcome
"""
