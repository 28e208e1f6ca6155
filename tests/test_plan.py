import os

import pytest

import plan


@pytest.mark.parametrize(("given", "then"), [(None, "1"), ("4", "4")])
def test_libraries_compute_in_one_thread_unless_told(monkeypatch, given, then):
    """Set before any library is loaded, kept where somebody chose it."""
    seen = []
    monkeypatch.setenv("OMP_NUM_THREADS", given or "")
    if given is None:
        monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(plan, "app", lambda prog_name: seen.append((prog_name, os.environ["OMP_NUM_THREADS"])))
    plan.main()
    assert seen == [("plan.py", then)]
