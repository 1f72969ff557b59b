"""Service health in customers' terms: what products offer, what it is built of, what was promised, and what broke.

`models/estate` is what there is (processes, services, components), `models/promises` what was promised of it
(objectives, requirements), `models/journeys` what customers go through, `models/incidents` what broke and what it cost,
`models/delivery` how changes reach customers. Addresses and the API are composed from one file a subject.
"""
