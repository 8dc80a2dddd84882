"""The Navigation Service: from the parameters of a search to one listing, and to rails of recommendations.

`Navigation` is used by the storefront, the API, the command line, the workbench and the evaluation alike. It knows
neither Flask nor Celery: what it needs of them comes in as plain values and callables.
"""
