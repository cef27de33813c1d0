"""Shows the options of a function where people look: in its help, and in the completion of notebooks."""

from __future__ import annotations

import inspect
from typing import Any, Callable, TypeVar

from ._arguments import Options

_Function = TypeVar("_Function", bound=Callable[..., Any])


def with_options(options: Options) -> Callable[[_Function], _Function]:
    """Puts the options into the signature, in place of ``**options``, and their help behind the text."""

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=f"Optional[{option.type}]")
            for name, option in options.items()
        ]
        setattr(function, "__signature__", signature.replace(parameters=[*own, *more]))
        described = "\n".join(f"    {name}: {option.help}." for name, option in options.items())
        function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\nOptions:\n\n{described}\n"
        return function

    return decorate
