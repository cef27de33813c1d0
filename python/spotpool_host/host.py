"""The host: load a model from a file, and serve the slices that come on the host's own channel."""
import sys

from spotpool_host import model
from spotpool_host.channel import channel_of_host, prepare_log
from spotpool_host.serve import serve

is_running = False


def main(arguments):
    """Run the model in the file `arguments[0]`, or what is named `arguments[1]` in it."""
    if not 1 <= len(arguments) <= 2:
        sys.exit("Usage: python spotpool_host FILE [NAME]")
    global is_running
    is_running = True
    channel = channel_of_host()
    prepare_log()
    entry, name = [*arguments, None][:2]
    serve(model.load_model(entry, name), channel)
