"""A live page of the runs in a folder, served to this machine alone and read from their stores.

views, box (stores to what is shown) → charts, templates → app (routes and guards) → serve.
"""
