"""Numbers: what each dollar costs and returns once it has gone through the network.

Plain numpy and scipy, no Django and no database: arrays come in, arrays go out. Whoever turns rows into
arrays (`portfolio/rollup/snapshots.py`) turns Decimal into float once, on the way in.

- `flows`: loaded cost, reached value and credited value of every product, cycles solved exactly.
- `solver`: the linear solves under `flows`, checked before they are handed back.
- `draws`: thousands of draws of the value followed at once, to the digits that a range is read to.
- `krylov`: the iteration they use.
- `uncertainty`: 90 % ranges to distributions and back, repeatable draws, ties.
- `rounding`: parts to whole cents that add up to their displayed total.
- `response`: what a product would return at another spend, on average and at the margin.
- `rebalancing`: the best split of money under rules, with its certificate and shadow prices.
- `crossing`: the same under rules that cross the groups.
- `demand`: what money each product takes at a price of money.
- `rules`: those rules, and which of them conflict.
- `gains`: what splits gain over leaving it as it is, how surely, and which are tied.
- `effects`: what a split does to the whole network, and how soon.
- `scoring`: how good stated ranges turned out to be.
- `elasticities`: how value answers to spend, from histories drawn towards their stage.
- `information`: what it would be worth to measure next.
- `observed`: what a metric did once something shipped, against its trend before and what was promised.
- `shrinkage`: effects of experiments, drawn towards what effects have been.
- `ordering`: what items return for their effort, in which order, and what they ask of whom.
- `budgets`: what an objective lets go wrong, how much of it is spent, and when it runs out.
- `delivery`: how often a service is changed, how fast, how often that fails, and how soon it is mended.
- `improvement`: services ranked by how much they improve on their own past.
- `errors`: what the engine refuses, and why.

scipy is imported inside the functions that need it: it would cost every start of the site most of a second.
"""
