-- Pairs of keys are told apart before anything is joined to them.
WITH pairs AS (
  SELECT DISTINCT customer_id, channel_id FROM order_lines
),
limits AS (
  SELECT channel_id, sum(credit_limit) AS credit
  FROM customers
  LEFT JOIN pairs USING (customer_id)
  GROUP BY ALL
),
sales AS (
  SELECT channel_id, sum(amount) AS revenue FROM order_lines GROUP BY ALL
),
stacked AS (
  SELECT channel_id, revenue, 0 AS credit FROM sales
  UNION ALL
  SELECT channel_id, 0 AS revenue, credit FROM limits
)
SELECT
  coalesce(channel, '(unmapped)') AS channel,
  coalesce(sum(revenue), 0) AS revenue,
  coalesce(sum(credit), 0) AS credit
FROM stacked
LEFT JOIN channels USING (channel_id)
GROUP BY ALL
ORDER BY channel
