"""Slots on the site and in the app: one question, one thing to show, else the fallback; and what became of it.

Step    5 channels
Reads   journeys_touch, journeys_block, journeys_variant, orchestrator_verdict, consent_state, contacts_event
Writes  orchestrator_slot, orchestrator_showing, orchestrator_slotday, orchestrator_product, orchestrator_productpair,
        orchestrator_seenproduct, journeys_touch, orchestrator_verdict, contacts_event
"""
