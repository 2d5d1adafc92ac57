-- Only the customer is looked up for every line; products and regions are named for sums of keys.
WITH by_key AS (
  SELECT region_id, product_id, sum(amount) AS revenue
  FROM order_lines
  LEFT JOIN customers USING (customer_id)
  GROUP BY ALL
),
sales AS (
  SELECT
    coalesce(region, '(unmapped)') AS region,
    coalesce(product, '(unmapped)') AS product,
    sum(revenue) AS revenue
  FROM by_key
  LEFT JOIN products USING (product_id)
  LEFT JOIN regions USING (region_id)
  GROUP BY ALL
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY region ORDER BY revenue DESC, product) AS place
  FROM sales
)
SELECT
  region,
  CASE WHEN place <= 10 THEN product ELSE 'other' END AS product,
  sum(revenue) AS revenue
FROM ranked
GROUP BY ALL
ORDER BY region, revenue DESC, product
