"""Chart geometry: values in, coordinates out. The templates' macros only print the coordinates.

All coordinates lie inside the chart's own viewBox and are rounded to hundredths, so that the same
values give the same bytes. Bars start at 0; a missing value (None) leaves a gap, never a 0.
"""
