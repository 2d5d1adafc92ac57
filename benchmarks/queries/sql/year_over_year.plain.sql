-- Revenue by ISO week and that of the week of the same number a year before, 2025-W01 to W48.
WITH sales AS (
  SELECT isoyear(ordered_at) AS year, week(ordered_at) AS week, sum(amount) AS revenue
  FROM order_lines
  WHERE ordered_at >= DATE '2024-01-01' AND ordered_at < DATE '2025-12-01'
  GROUP BY ALL
),
weeks AS (
  SELECT unnest(generate_series(DATE '2024-12-30', DATE '2025-11-24', INTERVAL 7 DAY))::DATE AS monday
)
SELECT
  monday AS week,
  coalesce(now.revenue, 0) AS revenue,
  coalesce(before.revenue, 0) AS revenue_last_year
FROM weeks
LEFT JOIN sales AS now ON now.year = isoyear(monday) AND now.week = week(monday)
LEFT JOIN sales AS before ON before.year = isoyear(monday) - 1 AND before.week = week(monday)
ORDER BY monday
