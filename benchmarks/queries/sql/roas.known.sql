-- As the best one; a month before either fact begins, or after its watermark, is unknown.
WITH days AS (
  SELECT ordered_at::DATE AS day, sum(amount) AS revenue FROM order_lines GROUP BY ALL
),
sales AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(revenue) AS revenue FROM days GROUP BY ALL
),
costs AS (
  SELECT date_trunc('month', day)::DATE AS month, sum(cost) AS cost FROM spend GROUP BY ALL
),
known AS (
  SELECT max(since) AS since
  FROM (SELECT min(day) AS since FROM days UNION ALL SELECT min(day) AS since FROM spend)
),
both_facts AS (
  SELECT month, revenue, cost FROM sales FULL JOIN costs USING (month)
),
months AS (
  SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month
  FROM both_facts
)
SELECT
  month,
  CASE
    WHEN month + INTERVAL 1 MONTH > since AND month < DATE '2025-12-31'
    THEN coalesce(revenue, 0) / nullif(coalesce(cost, 0), 0)
  END AS roas
FROM months
LEFT JOIN both_facts USING (month)
CROSS JOIN known
ORDER BY month
