"""Start the host: `python spotpool_host FILE [NAME]`. This file is valid for older versions of Python too, so that it can refuse them."""
import os
import sys

if sys.version_info < (3, 9):
    sys.exit("The Python at %s is %d.%d; a Python model needs 3.9 or newer." % ((sys.executable,) + sys.version_info[:2]))

# Python puts this folder on the path of modules. A model's `import channel` must not find a module of the host.
folder = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [os.path.dirname(folder)] + [entry for entry in sys.path if os.path.abspath(entry) not in (folder, os.path.dirname(folder))]

from spotpool_host.host import main  # noqa: E402

main(sys.argv[1:])
