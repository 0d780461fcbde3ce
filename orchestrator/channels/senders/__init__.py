"""Who mail is from: names and addresses, what must stand in DNS for them, and how many mails a day a new one begins with.

Step    5 channels
Reads   orchestrator_sender, consent_purpose, DNS
Writes  orchestrator_sender, orchestrator_senderday, journeys_touch, orchestrator_verdict
"""
