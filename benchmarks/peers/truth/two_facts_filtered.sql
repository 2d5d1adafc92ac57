-- Revenue and refunds of one channel: the filter holds for both facts.
SELECT
  'social' AS channel,
  (SELECT sum(amount) FROM order_lines JOIN channels USING (channel_id) WHERE channel = 'social') AS revenue,
  (SELECT sum(amount) FROM refunds JOIN channels USING (channel_id) WHERE channel = 'social') AS refunded
