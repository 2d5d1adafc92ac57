-- Revenue and that of the month before, January to November 2025.
WITH sales AS (
  SELECT date_trunc('month', ordered_at)::DATE AS month, sum(amount) AS revenue
  FROM order_lines
  WHERE ordered_at >= DATE '2024-12-01' AND ordered_at < DATE '2025-12-01'
  GROUP BY ALL
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
LEFT JOIN sales AS before ON before.month = months.month - INTERVAL 1 MONTH
ORDER BY month
