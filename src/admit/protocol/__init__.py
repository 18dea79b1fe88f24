"""The messages of a sign-in, in pure functions: build the request, parse the response.

No clock, no randomness, no network, no framework: what a function needs comes as an argument.
"""
