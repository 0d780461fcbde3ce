-- end_merge: take the losers out of the contacts.
--
-- Params   losers bigint[]
-- Reads    contacts_contact
-- Writes   contacts_contact
-- Returns  nothing
-- Index    contacts_contact_pkey; foreign keys look at the commit whether a row still points here
-- Rerun    safe: who is gone is gone
DELETE FROM contacts_contact WHERE id = ANY (%(losers)s::bigint[])
