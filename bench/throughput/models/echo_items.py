"""Gives each item as it is, so that only the way around predict costs time."""


def predict(items):
    return items
