-- As the best one; a day before the first order is unknown, and not one without buyers.
WITH active AS (
  SELECT DISTINCT customer_id, ordered_at::DATE AS day
  FROM order_lines
  WHERE ordered_at >= TIMESTAMP '2024-12-05' AND ordered_at < TIMESTAMP '2025-12-01'
    AND customer_id IS NOT NULL
),
stays AS (
  SELECT
    day AS came,
    least(day + 28, lead(day) OVER (PARTITION BY customer_id ORDER BY day)) AS left_on
  FROM active
),
changes AS (
  SELECT came AS day, count(*) AS change FROM stays GROUP BY ALL
  UNION ALL
  SELECT left_on AS day, -count(*) AS change FROM stays GROUP BY ALL
),
days AS (
  SELECT unnest(generate_series(DATE '2024-12-05', DATE '2025-11-30', INTERVAL 1 DAY))::DATE AS day
),
counts AS (
  SELECT day, sum(coalesce(sum(change), 0)) OVER (ORDER BY day) AS buyers
  FROM days
  LEFT JOIN changes USING (day)
  GROUP BY day
),
known AS (
  SELECT min(ordered_at) AS since FROM order_lines
)
SELECT day, CASE WHEN day + INTERVAL 1 DAY > since THEN buyers::BIGINT END AS buyers
FROM counts
CROSS JOIN known
WHERE day >= DATE '2025-01-01'
ORDER BY day
