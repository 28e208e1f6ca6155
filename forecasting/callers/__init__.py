"""Who calls, and how: segments of callers by behaviour."""

from forecasting.callers.segments import CallerSegments, caller_segments

__all__ = ["CallerSegments", "caller_segments"]
