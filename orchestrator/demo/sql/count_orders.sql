-- count_orders: keep lifetime value and number of orders of the demo's customers as attributes.
--
-- Params   contacts  bigint[], whose, null for everybody
-- Reads    contacts_event
-- Writes   contacts_contact
-- Returns  nothing
-- Index    event_contact_name_at, event_name_at
-- Rerun    safe: computed anew each time
UPDATE contacts_contact person
   SET attributes = person.attributes || jsonb_build_object('lifetime_value', orders.value, 'orders_count', orders.n),
       attributes_at = person.attributes_at || jsonb_build_object('lifetime_value', orders.last, 'orders_count', orders.last)
  FROM (SELECT contact_id, sum((properties ->> 'value')::numeric) AS value, count(*) AS n, max(occurred_at) AS last
          FROM contacts_event
         WHERE name = 'order_placed'
           AND (%(contacts)s::bigint[] IS NULL OR contact_id = ANY (%(contacts)s::bigint[]))
         GROUP BY contact_id) orders
 WHERE orders.contact_id = person.id
   AND person.attributes -> 'orders_count' IS DISTINCT FROM to_jsonb(orders.n)
