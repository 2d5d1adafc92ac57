-- As the best one; a week before the first order is unknown, and not one of no revenue.
WITH days AS (
  SELECT ordered_at::DATE AS day, sum(amount) AS revenue
  FROM order_lines
  WHERE ordered_at >= TIMESTAMP '2024-01-01' AND ordered_at < TIMESTAMP '2025-12-01'
  GROUP BY ALL
),
sales AS (
  SELECT isoyear(day) AS year, week(day) AS week, sum(revenue) AS revenue FROM days GROUP BY ALL
),
weeks AS (
  SELECT unnest(generate_series(DATE '2024-12-30', DATE '2025-11-24', INTERVAL 7 DAY))::DATE AS monday
),
known AS (
  SELECT min(ordered_at) AS since FROM order_lines
)
SELECT
  monday AS week,
  CASE WHEN monday + INTERVAL 7 DAY > since THEN coalesce(now.revenue, 0) END AS revenue,
  CASE
    WHEN monday - INTERVAL 357 DAY > since THEN coalesce(before.revenue, 0)
  END AS revenue_last_year
FROM weeks
LEFT JOIN sales AS now ON now.year = isoyear(monday) AND now.week = week(monday)
LEFT JOIN sales AS before ON before.year = isoyear(monday) - 1 AND before.week = week(monday)
CROSS JOIN known
ORDER BY monday
