"""Reads the text of /metrics."""


def sum_of(text, name, **labels):
    """The sum of the series of `name` that carry `labels`, or None if there is none."""
    values = []
    for line in text.splitlines():
        series, _, value = line.rpartition(" ")
        series_name, _, rest = series.partition("{")
        if series_name == name and all(f'{key}="{wanted}"' in rest for key, wanted in labels.items()):
            values.append(float(value))
    return sum(values) if values else None
