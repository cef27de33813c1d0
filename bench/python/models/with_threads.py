"""Downloads a URL with requests, in as many threads as the worker's hint names."""
from with_requests import predict  # noqa: F401

threads = 32
