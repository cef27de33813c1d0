"""Say what went wrong in a model: with the file and line of the model's own code, in one sentence at the end of the log."""
import os
import sys
import traceback

_HERE = os.path.dirname(os.path.realpath(__file__))
# The model's directory. A model may change the current one later.
_MODEL = os.path.realpath(os.getcwd())
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
# The worker keeps the last 20 lines of a log for its messages.
_MOST_LINES = 18
_MOST_LINES_OF_ITEM = 8
_MEMORY_ERRORS = ("OutOfMemoryError", "CudaOutOfMemoryError")
_MEMORY_TEXTS = ("CUDA out of memory", "CUDA error: out of memory", "HIP out of memory", "MPS backend out of memory")


class ModelFault(Exception):
    """The model broke its contract. The message completes a sentence that begins with the name of what did it."""

    def __init__(self, message, place=None):
        super().__init__(message)
        self.place = place


def error_of_item(exception):
    """Return the error of an item as the protocol has it: the exception's type, or its own code, and its message."""
    name = type(exception).__name__
    try:
        code = getattr(exception, "code", None)
        return {"code": code if isinstance(code, str) and code else name, "message": str(exception) or name}
    except Exception:  # an exception without a readable text must not end the model
        return {"code": name, "message": name}


def log_item(index, exception):
    """Print the end of the traceback of an item's exception, if it was raised at all."""
    if exception.__traceback__ is None:
        return
    lines = _traceback_lines(exception)[-_MOST_LINES_OF_ITEM:]
    _write_log("\n".join([f"Item {index} failed:", *lines, ""]))


def is_memory_error(exception):
    """Tell whether the call ran out of memory, so that one with fewer items may succeed."""
    if isinstance(exception, MemoryError) or type(exception).__name__ in _MEMORY_ERRORS:
        return True
    return isinstance(exception, RuntimeError) and any(text in error_of_item(exception)["message"] for text in _MEMORY_TEXTS)


def end_process(what, exception, code_of=None):
    """End the process with the traceback's end and, as the last line of the log, one sentence.

    `what` names what failed, such as "predict". `code_of` is the function or class whose place is named if the traceback has none.
    """
    try:
        lines = [*_traceback_lines(exception)[-_MOST_LINES:], _one_line(_sentence(what, exception, code_of)), ""]
        _write_log("\n".join(lines))
    finally:
        os._exit(1)


def _write_log(text):
    """Write to the log itself, because a model may put something else in the place of `sys.stderr`."""
    try:
        sys.__stderr__.write(text)
        sys.__stderr__.flush()
    except (AttributeError, OSError, ValueError):
        pass  # The model has closed it. A missing line of the log must not end the model.


def _sentence(what, exception, code_of):
    name = type(exception).__name__
    if isinstance(exception, ModelFault):
        place = exception.place or place_of_code(code_of)
        return f"{what} {exception}{_in_brackets(place)}."
    if isinstance(exception, SyntaxError) and os.path.isfile(exception.filename or ""):
        version = "%d.%d" % sys.version_info[:2]
        return f"{_shown(exception.filename)}, line {exception.lineno}, is not valid Python {version}: {exception.msg}."
    place = _place_in_traceback(exception) or place_of_code(code_of)
    if isinstance(exception, SystemExit):
        return f"{what} ended the process with sys.exit({exception.code!r}){_in_brackets(place)}."
    advice = ""
    if isinstance(exception, ModuleNotFoundError):
        advice = " A package belongs in requirements.txt beside the model, and a module of your own beside the file that imports it."
    return f"{what} raised {_raised(name, exception)}{_in_brackets(place)}.{advice}"


def _raised(name, exception):
    text = error_of_item(exception)["message"].rstrip(".")
    return name if text == name else f"{name}: {text}"


def _in_brackets(place):
    return f" ({place})" if place else ""


def _one_line(text):
    return " ".join(text.split())


def _traceback_lines(exception):
    """Return the lines of the traceback without the frames of the host, which say nothing about the model."""
    if isinstance(exception, ModelFault):
        return []
    inner = exception.__traceback__
    while inner is not None and _is_foreign(inner.tb_frame.f_code.co_filename):
        inner = inner.tb_next
    return "".join(traceback.format_exception(type(exception), exception, inner)).splitlines()


def _place_in_traceback(exception):
    """Return the last place in the model's own files; the last one outside of the host if there is none."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(exception.__traceback__)]
    others = [(file, line) for file, line in frames if not _is_foreign(file)]
    own = [(file, line) for file, line in others if _is_own(file)]
    file, line = (own or others or [(None, None)])[-1]
    return None if file is None else f"{_shown(file)}, line {line}"


def place_of_code(function):
    """Return where a function, method or class of the model begins."""
    function = getattr(function, "__init__", None) if isinstance(function, type) else function
    function = getattr(function, "__func__", function)
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    return None if code is None else f"{_shown(code.co_filename)}, line {code.co_firstlineno}"


def _is_foreign(file):
    return file.startswith("<frozen ") or os.path.realpath(file).startswith(_HERE + os.sep)


def _is_own(file):
    path = os.path.realpath(file)
    return path.startswith(_MODEL + os.sep) and not any(packages in path for packages in _PACKAGES)


def _shown(file):
    """Return the file's path as seen from the model's directory, if it is in there."""
    path, start = os.path.realpath(file), _MODEL + os.sep
    return path[len(start) :] if path.startswith(start) else file
