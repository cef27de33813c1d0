"""Serve a Python model to spotpool's worker.

`python spotpool_host FILE [NAME]` is the host: the worker starts it in the model's directory, and it speaks the protocol on
descriptors of its own. `spotpool_model.run(predict)` uses the same modules for a model that is a command.
Both need Python 3.9 or newer and the standard library.
"""
