"""Names of the synthetic company: segments, channels, skills, and the texts of which people and shops are made."""

import zlib

import numpy as np

SEGMENTS = ("micro", "small", "medium", "key")
SEGMENT_SHARES = (0.45, 0.30, 0.18, 0.07)
CHANNELS = ("field", "outbound", "inbound", "assisted_web", "self_service")
SKILLS = ("key_account", "installation")

FIRST_NAMES = (
    "Núria", "Jordi", "Montserrat", "Òscar", "Laia", "Iñaki", "Aïcha", "Zoë", "Marc", "Elena", "Dídac", "Fàtima",
    "Björn", "Agnieszka", "Li Wei", "Сергей", "Rocío", "Ramón", "Mercè", "Lluís", "Anaïs", "Youssef", "Chloé",
    "Ødegård",
)  # fmt: skip
LAST_NAMES = (
    "Puig", "Ferrer", "Muñoz", "Güell", "Serra", "Nguyễn", "Çelik", "Peña", "Roca", "Vidal", "O’Neill", "Kovač",
    "Bosch", "Gómez", "Îles", "Domènech", "Łukasz", "Sørensen", "Font", "Àvila", "Martí", "Castañé",
)  # fmt: skip
TRADES = (
    "Forn", "Farmàcia", "Taller", "Clínica", "Bar", "Llibreria", "Òptica", "Ferreteria", "Celler", "Estudi",
    "Acadèmia", "Perruqueria", "Hostal", "Peixateria", "Gestoria",
)  # fmt: skip
DISTRICT_NAMES = (
    "Port Vell de Llevant", "Les Drassanes Altes", "Sant Quirze", "La Marina", "Els Molins", "Coll d’Alba",
    "Vallfosca", "Pla de l’Ós", "Can Güell", "Santa Òria", "El Far", "Les Corts Noves", "Turó del Vent",
    "Camp de la Séquia", "Montmar", "La Rambla Nova", "Sant Adrià Petit", "Horta Baixa", "Font Freda", "Les Roquetes",
    "Pont de Pedra", "La Sénia", "Vila-roja", "Mirador",
)  # fmt: skip
SECTORS = ("retail", "food", "health", "services", "industry", "education")


def generator(seed: int, part: str) -> np.random.Generator:
    """The random numbers of one part of the company; parts do not disturb each other when one of them changes."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def ids(prefix: str, count: int, digits: int) -> np.ndarray:
    """`prefix` and a running number from 1, as texts, shape (count,)."""
    return np.array([f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)], dtype=object)
