-- View, cart, checkout, purchase, in this order and within seven days of the view. Of a visitor's
-- attempts the earliest that goes furthest counts. Attempts whose seven days were not over when the
-- data ended (2025-12-31) count in no step.
WITH next_purchase AS (
  SELECT visitor_id, event_id, seen_at, kind, min(seen_at) FILTER (kind = 'purchase') OVER later AS purchase
  FROM events
  WHERE visitor_id IS NOT NULL
  WINDOW later AS (
    PARTITION BY visitor_id ORDER BY seen_at, event_id
    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
  )
),
next_checkout AS (
  SELECT
    visitor_id, event_id, seen_at, kind,
    min(seen_at) FILTER (kind = 'checkout') OVER later AS checkout,
    min(purchase) FILTER (kind = 'checkout') OVER later AS purchase
  FROM next_purchase
  WINDOW later AS (
    PARTITION BY visitor_id ORDER BY seen_at, event_id
    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
  )
),
next_cart AS (
  SELECT
    visitor_id, seen_at, kind,
    min(seen_at) FILTER (kind = 'cart') OVER later AS cart,
    min(checkout) FILTER (kind = 'cart') OVER later AS checkout,
    min(purchase) FILTER (kind = 'cart') OVER later AS purchase
  FROM next_checkout
  WINDOW later AS (
    PARTITION BY visitor_id ORDER BY seen_at, event_id
    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
  )
),
attempts AS (
  SELECT
    visitor_id,
    seen_at,
    CASE
      WHEN purchase <= seen_at + INTERVAL 7 DAY THEN 4
      WHEN checkout <= seen_at + INTERVAL 7 DAY THEN 3
      WHEN cart <= seen_at + INTERVAL 7 DAY THEN 2
      ELSE 1
    END AS steps
  FROM next_cart
  WHERE kind = 'view'
),
visitors AS (
  SELECT visitor_id, steps, min(seen_at) + INTERVAL 7 DAY <= TIMESTAMP '2025-12-31' AS mature
  FROM attempts
  GROUP BY visitor_id, steps
  QUALIFY row_number() OVER (PARTITION BY visitor_id ORDER BY steps DESC) = 1
)
SELECT
  count(*) FILTER (mature) AS view,
  count(*) FILTER (mature AND steps >= 2) AS cart,
  count(*) FILTER (mature AND steps >= 3) AS checkout,
  count(*) FILTER (mature AND steps >= 4) AS purchase,
  count(*) FILTER (NOT mature) AS immature
FROM visitors
