"""Budget, actual and forecast: what there is to spend, what was spent, what will be, and why they differ.

`reading` brings a fiscal year's lines from the database, `forecasting` and `ranges` say what is to come and how far it
may be off, `causes` why budget and spending differ, `figures` adds up whatever group of lines is asked for, and
`scopes` names the groups: streams, products, value streams, categories and the whole. docs/funding.md has the
arithmetic with a worked example.
"""
