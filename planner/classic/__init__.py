"""The classic pipeline: what a competent office makes with a spreadsheet and its add-ins, as the yardstick of a plan.

Same forecasts, same actions, same tables as Muster's own plan; only how it is decided differs, one step after another:
argmax and truncation, k-means and matching, nearest neighbour, Erlang C at the mean and greedy shifts.
docs/yardstick.md says of each choice why it is the usual one.
"""
