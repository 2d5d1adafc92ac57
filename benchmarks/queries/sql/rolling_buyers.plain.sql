-- Distinct buyers of the 28 days that end with each day, January to November 2025.
WITH active AS (
  SELECT DISTINCT customer_id, ordered_at::DATE AS day
  FROM order_lines
  WHERE ordered_at >= DATE '2025-01-01' - 27 AND ordered_at < DATE '2025-12-01'
),
days AS (
  SELECT unnest(generate_series(DATE '2025-01-01', DATE '2025-11-30', INTERVAL 1 DAY))::DATE AS day
)
SELECT days.day, count(DISTINCT customer_id) AS buyers
FROM days
LEFT JOIN active ON active.day BETWEEN days.day - 27 AND days.day
GROUP BY ALL
ORDER BY days.day
