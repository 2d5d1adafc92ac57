-- As the plain one, with the lines added up by day first.
WITH days AS (
  SELECT ordered_at::DATE AS day, sum(amount) AS revenue FROM order_lines GROUP BY ALL
),
sales AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(revenue) AS revenue FROM days GROUP BY ALL
),
months AS (
  SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month FROM sales
)
SELECT month, sum(coalesce(revenue, 0)) OVER (ORDER BY month) AS running_revenue
FROM months
LEFT JOIN sales USING (month)
ORDER BY month
