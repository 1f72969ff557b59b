"""Joint roadmaps: what business and technology mean to do, what they agreed, and what came of it.

`models` says what the rows mean. `changes` is what every change to a roadmap has in common, and the `*_actions` are the
changes. `content` is a roadmap as one plain document, `difference` what lies between two of them, `agreement` what of
it both sides have signed. What other rooms know of a roadmap's products comes in by `contributions`.
"""
