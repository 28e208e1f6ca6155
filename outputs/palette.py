"""Colours that colour-blind people can tell apart (Okabe and Ito, 2008), shared out so that neighbours differ."""

import numpy as np

OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b5b5b", "#8c6d00")


def spread_colours(latitude: np.ndarray, longitude: np.ndarray) -> list[str]:
    """A colour per place, (n,) degrees: each takes the colour whose nearest other bearer is farthest away."""
    chosen: list[int] = []
    narrow = np.cos(np.radians(np.mean(latitude))) if len(latitude) else 1.0
    points = np.column_stack([latitude, np.asarray(longitude) * narrow])
    for index, point in enumerate(points):
        far = np.linalg.norm(points[:index] - point, axis=1)
        taken = np.array(chosen)
        nearest = [float(np.min(far[taken == c], initial=np.inf)) for c in range(len(OKABE_ITO))]
        chosen.append(int(np.argmax(nearest)))
    return [OKABE_ITO[c] for c in chosen]
