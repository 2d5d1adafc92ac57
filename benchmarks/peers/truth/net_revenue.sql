-- Revenue less refunds by region, where one region gives nothing back.
WITH sales AS (
  SELECT region, sum(amount) AS revenue
  FROM order_lines
  LEFT JOIN customers USING (customer_id)
  LEFT JOIN regions USING (region_id)
  GROUP BY ALL
),
given_back AS (
  SELECT region, sum(amount) AS refunded
  FROM refunds
  LEFT JOIN customers USING (customer_id)
  LEFT JOIN regions USING (region_id)
  GROUP BY ALL
)
SELECT sales.region, coalesce(revenue, 0) - coalesce(refunded, 0) AS net_revenue
FROM sales
LEFT JOIN given_back ON given_back.region IS NOT DISTINCT FROM sales.region
ORDER BY sales.region
