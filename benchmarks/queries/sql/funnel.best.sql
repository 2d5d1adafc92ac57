-- No sort at all: each step's events meet those of the step after in a hash join on the visitor,
-- the rare steps first.
WITH views AS (
  SELECT visitor_id, event_id, seen_at, seen_at + INTERVAL 7 DAY AS until
  FROM events
  WHERE kind = 'view' AND visitor_id IS NOT NULL
),
checkouts AS (
  SELECT a.visitor_id, a.event_id, a.seen_at, b.seen_at AS purchase
  FROM (SELECT visitor_id, event_id, seen_at FROM events WHERE kind = 'checkout') AS a
  LEFT JOIN (SELECT visitor_id, event_id, seen_at FROM events WHERE kind = 'purchase') AS b
    ON b.visitor_id = a.visitor_id
    AND b.seen_at >= a.seen_at
    AND (b.seen_at > a.seen_at OR b.event_id > a.event_id)
    AND b.seen_at <= a.seen_at + INTERVAL 7 DAY
),
carts AS (
  SELECT a.visitor_id, a.event_id, a.seen_at, b.seen_at AS checkout, b.purchase
  FROM (SELECT visitor_id, event_id, seen_at FROM events WHERE kind = 'cart') AS a
  LEFT JOIN checkouts AS b
    ON b.visitor_id = a.visitor_id
    AND b.seen_at >= a.seen_at
    AND (b.seen_at > a.seen_at OR b.event_id > a.event_id)
    AND b.seen_at <= a.seen_at + INTERVAL 7 DAY
),
attempts AS (
  SELECT
    a.visitor_id,
    a.until,
    CASE
      WHEN purchase <= until THEN 4
      WHEN checkout <= until THEN 3
      WHEN b.seen_at IS NOT NULL THEN 2
      ELSE 1
    END AS steps
  FROM views AS a
  LEFT JOIN carts AS b
    ON b.visitor_id = a.visitor_id
    AND b.seen_at >= a.seen_at
    AND (b.seen_at > a.seen_at OR b.event_id > a.event_id)
    AND b.seen_at <= a.until
),
visitors AS (
  SELECT
    max(steps) AS steps,
    coalesce(
      min(until) FILTER (steps = 4),
      min(until) FILTER (steps = 3),
      min(until) FILTER (steps = 2),
      min(until)
    ) <= TIMESTAMP '2025-12-31' AS mature
  FROM attempts
  GROUP BY visitor_id
)
SELECT
  count(*) FILTER (mature) AS view,
  count(*) FILTER (mature AND steps >= 2) AS cart,
  count(*) FILTER (mature AND steps >= 3) AS checkout,
  count(*) FILTER (mature AND steps >= 4) AS purchase,
  count(*) FILTER (NOT mature) AS immature
FROM visitors
