-- One pass over the lines, by order: what is left to count are rows, not distinct keys; a month is
-- a small number until the end, and channels are named last.
WITH orders AS (
  SELECT
    order_id,
    channel_id,
    (year(ordered_at) * 12 + month(ordered_at) - 1)::SMALLINT AS month_number,
    sum(amount) AS revenue
  FROM order_lines
  GROUP BY ALL
),
by_key AS (
  SELECT month_number, channel_id, sum(revenue) AS revenue, count(order_id) AS orders
  FROM orders
  GROUP BY ALL
),
sales AS (
  SELECT
    make_date(month_number // 12, month_number % 12 + 1, 1) AS month,
    coalesce(channel, '(unmapped)') AS channel,
    sum(revenue) AS revenue,
    sum(orders) AS orders
  FROM by_key
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
