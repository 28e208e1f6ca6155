-- Missing feed against true zero. A run of open intervals without a call is a gap if so quiet a run would come about
-- with a chance below one in a million. The chance of a quiet interval is the larger of exp(-usual calls) (Poisson) and
-- the share of other weeks in which the same weekday and time was quiet too, so that slots that are often quiet prove
-- nothing; `surprise` is minus its logarithm, and ln(1e6) = 13.8.
-- Days without any call do not count towards what is usual. Holidays and their eves have no usual volume: their zeros
-- are believed unless a gap reaches over them.
CREATE TABLE usual AS
WITH days AS (
    SELECT planned_queue, CAST(interval_start AS DATE) AS day
    FROM observed
    GROUP BY ALL
    HAVING sum(calls) > 0
)
SELECT
    observed.planned_queue,
    observed.day_type,
    CAST(observed.interval_start AS TIME) AS time_of_day,
    least(
        avg(observed.calls),
        -ln(greatest((count(*) FILTER (observed.calls = 0) - 1) / greatest(count(*) - 1, 1), 1e-300))
    ) AS surprise
FROM observed
JOIN days ON days.planned_queue = observed.planned_queue AND days.day = CAST(observed.interval_start AS DATE)
WHERE observed.is_open AND NOT observed.feed_is_short AND observed.day_type NOT IN ('holiday', 'eve')
GROUP BY ALL;

CREATE TABLE gaps AS
WITH ordinary AS (
    SELECT
        *,
        sum(CASE WHEN calls > 0 THEN 1 ELSE 0 END) OVER (PARTITION BY planned_queue ORDER BY interval_start) AS run
    FROM observed
    WHERE is_open AND day_type NOT IN ('holiday', 'eve')
)
SELECT
    ordinary.planned_queue,
    min(ordinary.interval_start) AS first_start,
    max(ordinary.interval_start) AS last_start
FROM ordinary
LEFT JOIN usual
    ON usual.planned_queue = ordinary.planned_queue
    AND usual.day_type = ordinary.day_type
    AND usual.time_of_day = CAST(ordinary.interval_start AS TIME)
WHERE ordinary.calls = 0
GROUP BY ordinary.planned_queue, ordinary.run
HAVING sum(coalesce(usual.surprise, 0)) > ln(1e6);

CREATE TABLE demand AS
WITH marked AS (
    SELECT
        observed.planned_queue, observed.interval_start, observed.calls, observed.is_open, observed.day_type,
        observed.feed_is_short OR (observed.calls = 0 AND gaps.planned_queue IS NOT NULL) AS is_gap
    FROM observed
    LEFT JOIN gaps
        ON gaps.planned_queue = observed.planned_queue
        AND observed.interval_start BETWEEN gaps.first_start AND gaps.last_start
)
SELECT
    planned_queue AS queue,
    interval_start,
    CASE WHEN is_gap THEN NULL ELSE calls END AS calls,
    is_open,
    is_gap,
    day_type,
    CASE WHEN is_gap THEN calls ELSE 0 END AS calls_in_gap
FROM marked
ORDER BY queue, interval_start;
