-- As the best one; a month before the first order is unknown, and not one of no revenue.
WITH days AS (
  SELECT ordered_at::DATE AS day, sum(amount) AS revenue
  FROM order_lines
  WHERE ordered_at >= TIMESTAMP '2024-12-01' AND ordered_at < TIMESTAMP '2025-12-01'
  GROUP BY ALL
),
sales AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(revenue) AS revenue FROM days GROUP BY ALL
),
months AS (
  SELECT unnest(generate_series(DATE '2025-01-01', DATE '2025-11-01', INTERVAL 1 MONTH))::DATE AS month
),
known AS (
  SELECT min(ordered_at) AS since FROM order_lines
)
SELECT
  month,
  CASE WHEN month + INTERVAL 1 MONTH > since THEN coalesce(now.revenue, 0) END AS revenue,
  CASE WHEN month > since THEN coalesce(before.revenue, 0) END AS revenue_last_month
FROM months
LEFT JOIN sales AS now USING (month)
LEFT JOIN sales AS before ON before.month = (months.month - INTERVAL 1 MONTH)::DATE
CROSS JOIN known
ORDER BY month
