-- The ten products of most revenue in each region, and the rest as "other". Ties go by name.
WITH sales AS (
  SELECT
    coalesce(region, '(unmapped)') AS region,
    coalesce(product, '(unmapped)') AS product,
    sum(amount) AS revenue
  FROM order_lines
  LEFT JOIN products USING (product_id)
  LEFT JOIN customers USING (customer_id)
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
