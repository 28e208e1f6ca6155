-- One row per contact. The first touch owns the demand: its queue, its instant, its caller, its direction.
-- The outcome is that of the last leg; handle seconds are those of all legs.
CREATE TABLE touches AS
SELECT
    chains.first_call_id AS call_id,
    count(*) AS legs,
    sum(coalesce(legs.handle_seconds, 0)) AS handle_seconds,
    arg_max(coalesce(legs.outcome, ''), (legs.arrived_at, legs.call_id)) AS outcome
FROM chains
JOIN legs ON legs.call_id = chains.call_id
GROUP BY chains.first_call_id;

-- A redial is a call that follows the same caller's last one within the window (arrival to arrival).
-- With same_queue only calls to the same queue are compared; after = 'abandoned' asks that the last one was abandoned.
-- Outbound calls and unknown callers take no part.
CREATE TABLE redials AS
WITH inbound AS (
    SELECT
        touches.call_id, touches.outcome, first_leg.arrived_at, first_leg.caller_id,
        CASE WHEN (SELECT same_queue FROM rule) THEN first_leg.queue ELSE '' END AS compared_queue
    FROM touches
    JOIN legs AS first_leg ON first_leg.call_id = touches.call_id
    WHERE first_leg.direction = 'inbound' AND first_leg.caller_id IS NOT NULL
),
previous AS (
    SELECT
        call_id, arrived_at,
        lag(arrived_at) OVER same_caller AS last_arrived_at,
        lag(outcome) OVER same_caller AS last_outcome
    FROM inbound
    WINDOW same_caller AS (PARTITION BY caller_id, compared_queue ORDER BY arrived_at, call_id)
)
SELECT call_id
FROM previous, rule
WHERE rule.window_seconds > 0
    AND date_diff('microsecond', last_arrived_at, arrived_at) <= rule.window_seconds * 1000000
    AND (rule.after = 'any' OR last_outcome = 'abandoned');

CREATE TABLE contacts AS
SELECT
    touches.call_id,
    first_leg.queue,
    first_leg.arrived_at,
    first_leg.caller_id,
    touches.legs,
    touches.outcome,
    touches.handle_seconds,
    redials.call_id IS NOT NULL AS is_redial,
    first_leg.direction <> 'outbound' AND redials.call_id IS NULL AS is_demand,
    first_leg.direction = 'outbound' AS is_outbound
FROM touches
JOIN legs AS first_leg ON first_leg.call_id = touches.call_id
LEFT JOIN redials ON redials.call_id = touches.call_id
ORDER BY first_leg.arrived_at, touches.call_id;

-- Why a leg of the log is no demand; empty: it is. Demand of the log = legs with an empty flag.
CREATE TABLE flags AS
SELECT
    legs.call_id,
    CASE
        WHEN legs.no_contact <> '' THEN legs.no_contact
        WHEN contacts.is_outbound THEN 'outbound'
        WHEN chains.first_call_id <> legs.call_id THEN 'transferred'
        WHEN contacts.is_redial THEN 'redial'
        ELSE ''
    END AS flag
FROM legs
LEFT JOIN chains ON chains.call_id = legs.call_id
LEFT JOIN contacts ON contacts.call_id = chains.first_call_id;
