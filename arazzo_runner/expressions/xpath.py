"""
XPath over XML text, 1.0 to 3.1, by libraries of the extra ``xpath``.

A stranger's document and a stranger's expression meet here, so: no DTD, no entities, no
network, no functions that read anything, no functions as values (they can call themselves),
and every node and item that is looked at is counted (D10, D11). lxml parses, elementpath
evaluates; both are imported when the first expression is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from ..errors import LimitError
from .evaluation import MAX_NODES, NotEvaluable
from .nodes import ExpressionError
from .patterns import REGEX_SECONDS, shown

XPATH: Final = "xpath-31"
MAX_XML = 20 * 1024 * 1024  # characters of a document
MAX_EXPRESSION = 4_000  # characters
MAX_TOKENS = 400
MAX_BINDINGS = 4  # of variables: each may multiply what is held
MAX_VISITS = 5_000_000

_PARSERS: Final = {
    "xpath-10": ("elementpath", "XPath1Parser"),
    "xpath-20": ("elementpath", "XPath2Parser"),
    "xpath-30": ("elementpath.xpath30", "XPath30Parser"),
    "xpath-31": ("elementpath.xpath31", "XPath31Parser"),
}
#: Functions that read what is not the document, or whose work cannot be bounded.
_REFUSED: Final = frozenset(
    {
        *("doc", "doc-available", "collection", "uri-collection", "json-doc"),
        *("unparsed-text", "unparsed-text-lines", "unparsed-text-available"),
        *("environment-variable", "available-environment-variables", "id", "idref"),
        *("load-xquery-module", "transform", "function-lookup", "analyze-string"),
        *("parse-xml", "parse-xml-fragment", "replace", "tokenize", "#", "function"),
    }
)
# Atomic: blanks must not be shared out between rounds in every possible way.
_PROLOG = re.compile(r"(?>\s+|<!--.*?-->|<\?.*?\?>)*+<!DOCTYPE", re.DOTALL)


@lru_cache(maxsize=128)
def compile_xpath(expression: str, version: str) -> Any:
    """
    *expression*, parsed; prefixes are looked up when it is evaluated.

    Raises:
        ExpressionError: it is none of *version*, or asks for what is refused here (AZ408).
    """
    if len(expression) > MAX_EXPRESSION:
        raise ExpressionError(
            f"the XPath has {len(expression):,} characters; {MAX_EXPRESSION:,} is the limit",
            code="AZ408",
        )
    return _parse(
        expression, version, {prefix: prefix for prefix in _prefixes(expression)}
    )


def _prefixes(expression: str) -> set[str]:
    """What may be a namespace prefix in *expression*: its own are not known yet."""
    names = re.findall(r"([A-Za-z_][\w.-]*):(?=[A-Za-z_*])", expression)
    return {each for each in names if each not in ("xs", "fn", "math", "map", "array")}


def _parse(expression: str, version: str, namespaces: dict[str, str]) -> Any:
    try:
        import importlib

        import elementpath
        import lxml  # noqa: F401  (parses the documents)
    except ImportError:
        raise ExpressionError(
            "XPath needs the libraries elementpath and lxml",
            hint="pip install 'arazzo[xpath]'",
            code="AZ408",
        ) from None
    module, name = _PARSERS[version]
    parser = getattr(importlib.import_module(module), name)(namespaces=namespaces)
    try:
        root = parser.parse(expression)
    except (elementpath.ElementPathError, RecursionError) as problem:
        said = str(problem) or "it is nested too deeply"
        raise ExpressionError(
            f"{shown(expression)} is no XPath {version[-2]}.{version[-1]}: {said}",
            code="AZ408",
        ) from None
    tokens = list(root.iter())
    if len(tokens) > MAX_TOKENS:
        raise ExpressionError(
            f"the XPath has {len(tokens)} parts; {MAX_TOKENS} is the limit",
            code="AZ408",
        )
    for token in tokens:
        if token.symbol in _REFUSED:
            raise ExpressionError(
                f"{token.symbol!r} cannot be used in an XPath here",
                hint="it reads what is not the document, or may never end",
                code="AZ408",
            )
    if sum(token.symbol == "$" for token in tokens) > 4 * MAX_BINDINGS or (
        sum(token.symbol in ("for", "let", "some", "every") for token in tokens)
        > MAX_BINDINGS
    ):
        raise ExpressionError("the XPath binds too many variables", code="AZ408")
    for token in tokens:
        if token.symbol in _BOUNDED:
            kind = type(token)
            token.__class__ = type(
                kind.__name__,
                (kind,),
                {"__slots__": (), "evaluate": _BOUNDED[token.symbol]},
            )
    return root


def _range(self: Any, context: Any = None) -> list[int]:
    start, stop = (int(item.evaluate(context) or 0) for item in self)
    if stop - start > MAX_NODES:
        raise LimitError(f"a range of an XPath has more than {MAX_NODES:,} items")
    return list(range(start, stop + 1))


def _matches(self: Any, context: Any = None) -> bool:
    import regex
    from elementpath.regex import translate_pattern

    subject = self.get_argument(context, default="", cls=str)
    pattern = self.get_argument(context, 1, required=True, cls=str)
    flags = self.get_argument(context, 2, default="", cls=str) if len(self) > 2 else ""
    wanted = 0
    for flag in flags:
        wanted |= {"s": regex.S, "m": regex.M, "i": regex.I, "x": regex.X}.get(flag, 0)
    try:
        compiled = regex.compile(translate_pattern(pattern, wanted), wanted)
        return compiled.search(subject, timeout=REGEX_SECONDS) is not None
    except TimeoutError:
        raise LimitError(
            f"the pattern {shown(pattern)} takes longer than {REGEX_SECONDS:g} s on this text"
        ) from None


_BOUNDED: Final[dict[str, Callable[..., Any]]] = {"to": _range, "matches": _matches}


def parse_xml(document: str) -> Any:
    """
    The root element of *document*.

    Raises:
        NotEvaluable: it is no XML, is too large, or has a document type declaration.
    """
    from lxml import etree

    if len(document) > MAX_XML:
        raise NotEvaluable(f"the XML has more than {MAX_XML:,} characters")
    if _PROLOG.match(document):
        raise NotEvaluable("the XML has a document type declaration, which is refused")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        return etree.fromstring(document.strip().encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as problem:
        raise NotEvaluable(f"the context is no XML: {problem}") from None


@lru_cache(maxsize=1)
def _context_class() -> Any:
    from elementpath import XPathContext

    def counted(name: str) -> Callable[..., Iterator[Any]]:
        walk = getattr(XPathContext, name)

        def walked(self: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
            for each in walk(self, *arguments, **options):
                self.left[0] -= 1
                if self.left[0] < 0:
                    raise LimitError(
                        f"an XPath looks at more than {MAX_VISITS:,} nodes"
                    )
                yield each

        return walked

    names = [name for name in vars(XPathContext) if name.startswith("iter_")]
    return type("Counting", (XPathContext,), {name: counted(name) for name in names})


def _prepared(expression: str, root: Any, version: str) -> tuple[Any, Any]:
    namespaces = {
        prefix: uri
        for element in root.iter()
        if isinstance(element.tag, str)
        for prefix, uri in element.nsmap.items()
        if prefix
    }
    compile_xpath(expression, version)
    try:
        token = _parse(expression, version, namespaces)
    except ExpressionError as problem:
        raise NotEvaluable(problem.message) from None
    context = _context_class()(root.getroottree())
    context.left = [MAX_VISITS]
    return token, context


@contextmanager
def _evaluating() -> Iterator[None]:
    """What the library raises, as our own."""
    import elementpath

    try:
        yield
    except ExpressionError as problem:
        raise NotEvaluable(problem.message) from None
    except (
        elementpath.ElementPathError,
        ArithmeticError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as problem:
        raise NotEvaluable(f"the XPath cannot be evaluated: {problem}") from None


def select_xpath(expression: str, root: Any, version: str) -> Any:
    """
    What *expression* gives for the document of *root*: a list, or a single value.

    Raises:
        NotEvaluable: it cannot be evaluated there.
        LimitError: it looks at too much.
    """
    with _evaluating():
        token, context = _prepared(expression, root, version)
        found = token.get_results(context)
    if isinstance(found, list) and len(found) > MAX_NODES:
        raise LimitError(f"an XPath gives more than {MAX_NODES:,} nodes")
    return found


def xpath_holds(expression: str, document: str, version: str) -> bool:
    """
    The effective boolean value of *expression* for *document*, which is XML.

    https://www.w3.org/TR/xpath-31/#id-ebv; raises as `select_xpath`.
    """
    root = parse_xml(document)
    with _evaluating():
        token, context = _prepared(expression, root, version)
        return bool(token.boolean_value(list(token.select(context))))


def select_elements(expression: str, root: Any, version: str, new: str) -> int:
    """
    Give every node that *expression* selects in the document of *root* the text *new*: an
    attribute as its value, an element as its only content. How many there were.

    Raises:
        NotEvaluable: it cannot be evaluated, or selects what has no text of its own.
        LimitError: it looks at too much.
    """
    with _evaluating():
        token, context = _prepared(expression, root, version)
        nodes = list(token.select(context))
    for node in nodes:
        kind = type(node).__name__
        parent = getattr(node, "parent", None)
        element = _element(parent) if parent is not None else None
        if kind.endswith("AttributeNode") and element is not None:
            element.set(_attribute(node.name, element), new)
        elif kind.endswith("TextNode") and element is not None:
            element.text = new
        elif (own := _element(node)) is not None:
            for child in list(own):
                own.remove(child)
            own.text = new
        else:
            raise NotEvaluable(f"{expression!r} selects what cannot be replaced")
    return len(nodes)


def _element(node: Any) -> Any:
    found = getattr(node, "elem", None)
    return getattr(node, "value", None) if found is None else found


def _attribute(name: str, element: Any) -> str:
    """An attribute's name as lxml has it."""
    prefix, mark, local = name.rpartition(":")
    if mark and not name.startswith("{") and prefix in element.nsmap:
        return f"{{{element.nsmap[prefix]}}}{local}"
    return name


def xml_text(root: Any, before: str) -> str:
    """The document of *root* as text, with an XML declaration if *before* had one."""
    from lxml import etree

    written = etree.tostring(root.getroottree(), encoding="unicode")
    declaration = re.match(r"\s*(<\?xml.*?\?>)", before, re.DOTALL)
    return f"{declaration[1]}\n{written}" if declaration else written
