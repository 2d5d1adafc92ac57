-- Revenue, and the credit limits of those who bought, by channel. A customer of two channels counts
-- once in each; one who never bought stands under (unmapped).
WITH sales AS (
  SELECT coalesce(channel, '(unmapped)') AS channel, sum(amount) AS revenue
  FROM order_lines
  LEFT JOIN channels USING (channel_id)
  GROUP BY ALL
),
buyers AS (
  SELECT DISTINCT customer_id, coalesce(channel, '(unmapped)') AS channel, credit_limit
  FROM customers
  LEFT JOIN order_lines USING (customer_id)
  LEFT JOIN channels USING (channel_id)
),
limits AS (
  SELECT channel, sum(credit_limit) AS credit FROM buyers GROUP BY ALL
)
SELECT channel, coalesce(revenue, 0) AS revenue, coalesce(credit, 0) AS credit
FROM sales
FULL JOIN limits USING (channel)
ORDER BY channel
