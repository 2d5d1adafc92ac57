-- Return on ad spend by month: two facts, each at its own grain.
WITH sales AS (
  SELECT date_trunc('month', ordered_at)::DATE AS month, sum(amount) AS revenue
  FROM order_lines
  GROUP BY ALL
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
