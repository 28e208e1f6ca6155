"""The synthetic company: a whole made-up business with planted truth, so that the quality of a plan can be measured."""

from inputs.synthetic.company import Company, make_company
from inputs.synthetic.write import write_company

__all__ = ["Company", "make_company", "write_company"]
