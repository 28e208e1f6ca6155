-- Handle times: every answered leg with a time, of the queues that `handle_of` names for a planned queue.
-- is_first_leg: the caller's first touch, not a leg passed on: its work comes on top of the calls forecast.
-- Phantoms, tests and outbound legs are no work of these queues; transferred and redialled legs are.
CREATE TABLE handled AS
SELECT
    handle_of.planned_queue AS queue, legs.arrived_at, legs.handle_seconds, flags.flag <> 'transferred' AS is_first_leg
FROM legs
JOIN handle_of ON handle_of.queue = legs.queue
JOIN flags ON flags.call_id = legs.call_id
WHERE legs.outcome = 'answered'
    AND legs.handle_seconds > 0
    AND flags.flag NOT IN ('phantom', 'test', 'outbound')
ORDER BY queue, legs.arrived_at, legs.call_id;
