-- As the plain one, with the lines added up by day first.
WITH days AS (
  SELECT ordered_at::DATE AS day, sum(amount) AS revenue FROM order_lines GROUP BY ALL
),
sales AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(revenue) AS revenue FROM days GROUP BY ALL
),
costs AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(cost) AS cost FROM spend GROUP BY ALL
),
both_facts AS (
  SELECT month, revenue, cost FROM sales FULL JOIN costs USING (month)
),
months AS (
  SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month
  FROM both_facts
)
SELECT month, coalesce(revenue, 0) / nullif(coalesce(cost, 0), 0) AS roas
FROM months
LEFT JOIN both_facts USING (month)
ORDER BY month
