-- Revenue by month.
WITH sales AS (
  SELECT date_trunc('month', ordered_at)::DATE AS month, sum(amount) AS revenue
  FROM order_lines
  GROUP BY ALL
),
months AS (
  SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month FROM sales
)
SELECT month, coalesce(revenue, 0) AS revenue
FROM months
LEFT JOIN sales USING (month)
ORDER BY month
