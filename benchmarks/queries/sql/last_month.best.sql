-- As the plain one, with the lines added up by day first.
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
)
SELECT
  month,
  coalesce(now.revenue, 0) AS revenue,
  coalesce(before.revenue, 0) AS revenue_last_month
FROM months
LEFT JOIN sales AS now USING (month)
LEFT JOIN sales AS before ON before.month = (months.month - INTERVAL 1 MONTH)::DATE
ORDER BY month
