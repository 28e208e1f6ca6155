-- Calls by planned queue and interval. `grid` holds every interval of the history with its day type and whether the
-- centre is open; `counts_of` and `log_of` say which queues of the data make up a planned queue. Interval counts are
-- multiplied by `demand_share`: the share of the log's rows that is demand of this planned queue.
CREATE TABLE counted AS
SELECT
    counts_of.planned_queue,
    time_bucket(to_minutes((SELECT interval_minutes FROM rule)), call_counts.interval_start) AS interval_start,
    sum(call_counts.calls_offered * counts_of.demand_share) AS calls,
    count(*) AS feed_rows
FROM call_counts
JOIN counts_of ON counts_of.queue = call_counts.queue
GROUP BY ALL;

CREATE TABLE logged AS
SELECT
    log_of.planned_queue,
    time_bucket(to_minutes((SELECT interval_minutes FROM rule)), contacts.arrived_at) AS interval_start,
    count(*) AS calls
FROM contacts
JOIN log_of ON log_of.queue = contacts.queue
WHERE contacts.is_demand
GROUP BY ALL;

-- feed_is_short: the counts write their zeros, so a row that is not there is missing and not zero.
CREATE TABLE observed AS
SELECT
    grid.planned_queue, grid.interval_start, grid.is_open, grid.day_type,
    coalesce(counted.calls, 0) + coalesce(logged.calls, 0) AS calls,
    grid.is_open AND coalesce(counted.feed_rows, 0) < grid.rows_expected AS feed_is_short
FROM grid
LEFT JOIN counted USING (planned_queue, interval_start)
LEFT JOIN logged USING (planned_queue, interval_start);
