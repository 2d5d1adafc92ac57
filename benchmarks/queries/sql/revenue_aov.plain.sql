-- Revenue and average order value by month and channel.
WITH sales AS (
  SELECT
    date_trunc('month', ordered_at)::DATE AS month,
    coalesce(channel, '(unmapped)') AS channel,
    sum(amount) AS revenue,
    count(DISTINCT order_id) AS orders
  FROM order_lines
  LEFT JOIN channels USING (channel_id)
  GROUP BY ALL
),
months AS (
  SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month FROM sales
)
SELECT month, channel, coalesce(revenue, 0) AS revenue, revenue / orders AS aov
FROM months
CROSS JOIN (SELECT DISTINCT channel FROM sales)
LEFT JOIN sales USING (month, channel)
ORDER BY month, channel
