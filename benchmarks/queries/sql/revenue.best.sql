-- A day is a cheap cast of a moment, a month is not: the lines go by day, and days by month.
WITH days AS (
  SELECT ordered_at::DATE AS day, sum(amount) AS revenue FROM order_lines GROUP BY ALL
),
sales AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(revenue) AS revenue FROM days GROUP BY ALL
),
months AS (
  SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month FROM sales
)
SELECT month, coalesce(revenue, 0) AS revenue
FROM months
LEFT JOIN sales USING (month)
ORDER BY month
