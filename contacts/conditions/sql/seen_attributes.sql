-- see: which keys the newest people have among the team's own attributes and some columns, with examples of their values.
--
-- Params   people int, how many of the newest are looked at; examples int, how many values of a key
-- Reads    contacts_contact, contacts_account
-- Writes   nothing
-- Returns  where text ("attribute", "account"), key text, types text[], examples jsonb
-- Index    contacts_contact_pkey
-- Rerun    safe: reads only
WITH newest AS MATERIALIZED (SELECT * FROM contacts_contact ORDER BY id DESC LIMIT %(people)s),
sampled AS (
    SELECT 'attribute' AS place, part.key, part.value
    FROM newest CROSS JOIN LATERAL jsonb_each(newest.attributes) part
    WHERE jsonb_typeof(newest.attributes) = 'object'
    UNION ALL
    SELECT 'attribute', own.key, to_jsonb(own.value)
    FROM newest CROSS JOIN LATERAL (
        VALUES ('country', newest.country), ('language', newest.language), ('time_zone', newest.time_zone), ('job_title', newest.job_title)
    ) own (key, value)
    WHERE own.value <> ''
    UNION ALL
    SELECT 'account', own.key, to_jsonb(own.value)
    FROM newest
    JOIN contacts_account account ON account.id = newest.account_id
    CROSS JOIN LATERAL (
        VALUES ('name', account.name), ('domain', account.domain), ('industry', account.industry), ('country', account.country)
    ) own (key, value)
    WHERE own.value <> ''
),
single AS (  -- of a list, each value by itself
    SELECT place, key, jsonb_typeof(value) AS type, value FROM sampled WHERE jsonb_typeof(value) <> 'array'
    UNION ALL
    SELECT place, key, 'array', part.value
    FROM sampled CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) part (value)
),
counted AS (
    SELECT place, key, type, value, row_number() OVER (PARTITION BY place, key ORDER BY count(*) DESC, value) AS row
    FROM single
    WHERE type <> 'null'
    GROUP BY place, key, type, value
)
SELECT place, key, array_agg(DISTINCT type),
       jsonb_agg(value ORDER BY row) FILTER (
           WHERE row <= %(examples)s AND jsonb_typeof(value) IN ('string', 'number', 'boolean') AND length(value::text) <= 80)
FROM counted
GROUP BY place, key
ORDER BY place, key
