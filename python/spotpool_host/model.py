"""Find the model in a Python file: the functions predict and load, or a class or function that is named."""
import importlib.util
import inspect
import os
import sys

from spotpool_host.errors import ModelFault, end_process, place_of_code

_LIMITS = ("threads", "batch_size")
_MAIN = "__main__"


class Model:
    """A model as the host calls it. `threads` and `batch_size` are None where the model names none."""

    def __init__(self, predict, load=None, threads=None, batch_size=None, max_slice_items=None, name="predict"):
        self.predict = predict
        self.load = load
        self.threads = _limit("threads", threads)
        self.batch_size = _limit("batch_size", batch_size)
        self.max_slice_items = _limit("max_slice_items", max_slice_items)
        self.name = name
        called = predict if inspect.isroutine(predict) else getattr(type(predict), "__call__", predict)
        self.is_async = inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)


# What a file has given to `spotpool_model.run`, which returns at once when the host runs the file.
given_to_run = []


def load_model(entry, name):
    """Return the model, or end the process with the reason."""
    shown = os.path.relpath(entry)
    module = _import(entry, shown)
    try:
        return _named(module, name, shown) if name else _of_module(module, shown)
    except ModelFault as fault:
        return end_process(shown, fault)


def _import(entry, shown):
    """Import the file as Python would import it from a file beside it. A file of a package is imported as a part of it."""
    path = os.path.abspath(entry)
    folder = os.path.dirname(path)
    # The entry's own folder comes first, then the folder of the whole model, where its other files are.
    sys.path[:0] = [folder] if folder == os.getcwd() else [folder, os.getcwd()]
    own = os.path.splitext(os.path.basename(entry))[0]
    try:
        if not os.path.isfile(entry):
            raise ModelFault("is not among the files of the model")
        package = _import_package(folder)
        if package is None:
            return _run_file(_unused(own), path)
        module = _run_file(f"{package}.{own}", path, is_also=_unused(own))
        setattr(sys.modules[package], own, module)
        return module
    except BaseException as exception:
        return end_process(shown, exception)


def _import_package(folder):
    """Import the package that the folder is, after those around it, and return its name. Return None for any other folder."""
    file = os.path.join(folder, "__init__.py")
    if folder == os.getcwd() or not os.path.isfile(file):
        return None
    outer, own = _import_package(os.path.dirname(folder)), os.path.basename(folder)
    if outer is None:
        name = _unused(own)
        _run_file(name, file, [folder])
        return name
    setattr(sys.modules[outer], own, _run_file(f"{outer}.{own}", file, [folder]))
    return f"{outer}.{own}"


def _unused(name):
    """Return another name for a file such as json.py, which must not replace a module that is in use."""
    return f"spotpool_model_{name}" if name in sys.modules or name == _MAIN else name


def _run_file(name, path, folders=None, is_also=None):
    """Import the file by its place. Modules with the same name in other folders of sys.path do not count."""
    if name in sys.modules:
        return sys.modules[name]  # the package has imported it already
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folders)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    if is_also is not None:
        sys.modules[is_also] = module  # a file beside it may import it without the package
    spec.loader.exec_module(module)
    return module


def _of_module(module, shown):
    if given_to_run:
        return given_to_run[-1]
    predict = getattr(module, "predict", None)
    if callable(predict):
        return _model(predict, module, [module], "predict")
    raise ModelFault(f"has no function predict(items){_named_instead(module, shown)}")


def _named_instead(module, shown):
    names = [name for name, value in vars(module).items() if isinstance(value, type) and callable(getattr(value, "predict", None))]
    return f"; its class {names[0]} is named as {shown}:{names[0]}" if names else ""


def _named(module, name, shown):
    value = getattr(module, name, None)
    if isinstance(value, type):
        return _of_object(_constructed(value), [module], name, place_of_code(value))
    if inspect.isroutine(value):
        return _model(value, module, [module], name)
    if value is not None:
        return _of_object(value, [module], name, None)
    own = [key for key, one in vars(module).items() if getattr(one, "__module__", None) == module.__name__ and callable(one)]
    raise ModelFault(f"has nothing with the name {name}; it has {', '.join(own) or 'no class or function'}")


def _constructed(kind):
    try:
        return kind()
    except BaseException as exception:
        return end_process(f"{kind.__name__}()", exception, kind)


def _of_object(value, places, name, place):
    if callable(getattr(value, "predict", None)):
        return _model(value.predict, value, [value, *places], f"{name}.predict")
    if callable(value):
        return _model(value, value, [value, *places], name)
    raise ModelFault(f"has {name}, which has no method predict(items)", place)


def _model(predict, owner, places, name):
    """Make the model from its function. A limit is taken from the first place that has it."""
    limits = {limit: next((getattr(place, limit) for place in places if hasattr(place, limit)), None) for limit in _LIMITS}
    load = getattr(owner, "load", None)
    return Model(predict, load if callable(load) else None, name=name, **limits)


def _limit(name, value):
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    raise ModelFault(f"has {name} = {value!r}; it must be a whole number above 0")
