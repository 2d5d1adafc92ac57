"""The Python API; `kpidsl` itself offers its names: `kpidsl.load(path)`, then `compile`, `query`,
`funnel` and `report`."""
