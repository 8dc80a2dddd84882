"""The Navigation Service: turns the parameters of a search into a listing, and builds rails of recommendations.

The storefront, the API, the command line, the workbench and the evaluation all use `Navigation`. It imports neither
Flask nor Celery: callers pass plain values and callables.
"""
