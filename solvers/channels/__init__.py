"""Who is contacted by which channel on which day."""

from solvers.channels.allocate import allocate_channels
from solvers.channels.field import FieldLoad, field_load

__all__ = ["FieldLoad", "allocate_channels", "field_load"]
