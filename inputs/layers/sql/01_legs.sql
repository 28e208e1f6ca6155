-- Every leg of the log with the reason why it is no contact at all.
-- phantom: the switch wrote a row, but nobody waited; test: somebody tried the line.
CREATE TABLE legs AS
SELECT
    call_id, queue, arrived_at, caller_id, direction, handle_seconds, transferred_from,
    lower(outcome) AS outcome,
    CASE WHEN lower(outcome) IN ('phantom', 'test') THEN lower(outcome) ELSE '' END AS no_contact
FROM calls;

-- Transfer chains: a leg belongs to the contact of the leg it came from.
-- A leg whose earlier leg is not in the log, or is no contact, begins a contact of its own.
CREATE TABLE chains AS
WITH RECURSIVE chain AS (
    SELECT child.call_id, child.call_id AS first_call_id
    FROM legs AS child
    LEFT JOIN legs AS parent ON parent.call_id = child.transferred_from AND parent.no_contact = ''
    WHERE child.no_contact = '' AND parent.call_id IS NULL
    UNION ALL
    SELECT child.call_id, chain.first_call_id
    FROM chain
    JOIN legs AS child ON child.transferred_from = chain.call_id AND child.no_contact = ''
)
SELECT call_id, first_call_id FROM chain
UNION ALL
-- Legs that point at each other in a circle have no first leg: each stands for itself.
SELECT call_id, call_id
FROM legs
WHERE no_contact = '' AND call_id NOT IN (SELECT call_id FROM chain);
