"""Parts of the transports that need no socket: proxies, failures, unpacking, dates."""

import gzip
import socket
import ssl
import zlib

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import UsageError
from arazzo_runner.messages import Request
from arazzo_runner.transports.addresses import leads_inside
from arazzo_runner.transports.exchange import host_and_port
from arazzo_runner.transports.failures import explain
from arazzo_runner.transports.incoming import Inflater, retry_after
from arazzo_runner.transports.port import NoResponse
from arazzo_runner.transports.proxies import Proxies
from arazzo_runner.transports.redirects import read_redirect

# --- proxies


@pytest.mark.parametrize(
    "environment, url, expected",
    [
        ({}, "http://a.test/", None),
        ({"http": "http://p:1"}, "http://a.test/", "http://p:1"),
        ({"http": "http://p:1"}, "https://a.test/", None),
        ({"https": "p:1"}, "https://a.test/", "http://p:1"),
        ({"all": "socks5://p"}, "https://a.test/", "socks5://p"),
        ({"all": "http://all", "https": "http://s"}, "https://a.test/", "http://s"),
        ({"http": ""}, "http://a.test/", None),
    ],
)
def test_the_environment_names_proxies_by_scheme(environment, url, expected):
    assert Proxies(None, environment).of(url) == expected


@pytest.mark.parametrize(
    "entry, url, exempt",
    [
        ("*", "http://a.test/", True),
        ("a.test", "http://a.test/", True),
        ("A.TEST", "http://a.test/", True),
        ("a.test", "http://b.a.test/", True),
        ("a.test", "http://ba.test/", False),
        (".a.test", "http://b.a.test/", True),
        ("*.a.test", "http://b.a.test/", True),
        ("a.test:8080", "http://a.test:8080/", True),
        ("a.test:8080", "http://a.test/", False),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.0.0.0/8", "http://a.test/", False),
        ("nonsense/8", "http://10.1.2.3/", False),
        ("::1", "http://[::1]/", True),
        ("[::1]:80", "http://[::1]:80/", True),
        ("[::1]", "http://[::1]:9/", True),
        ("fe80::/10", "http://[fe80::1]/", True),
        ("x, a.test", "http://a.test/", True),
        ("x a.test", "http://a.test/", True),
        ("", "http://a.test/", False),
    ],
)
def test_no_proxy_exempts_hosts(entry, url, exempt):
    """https://everything.curl.dev/usingcurl/proxies/env.html"""
    proxies = Proxies(None, {"all": "http://p:1", "no": entry})

    assert (proxies.of(url) is None) == exempt


def test_an_explicit_proxy_wins():
    environment = {"http": "http://other", "no": "*"}

    assert Proxies("p:1", environment).of("http://a.test/") == "http://p:1"
    assert Proxies("", environment | {"no": ""}).of("http://a.test/") is None


@pytest.mark.parametrize("proxy", ["ftp://p", "http://", "http://u:secret@p:port"])
def test_a_proxy_that_is_no_url_is_refused_without_its_password(proxy):
    with pytest.raises(UsageError) as caught:
        Proxies(proxy, {}).of("http://a.test/")
    assert "secret" not in str(caught.value)


# --- failures


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error, proxy, expected",
    [
        (
            caused(
                httpx2.ConnectError("x"),
                socket.gaierror(-2, "Name or service not known"),
            ),
            None,
            NoResponse(
                "dns",
                "the host name of a.test:443 is not known (Name or service not known)",
                False,
            ),
        ),
        (
            caused(httpx2.ConnectError("x"), socket.gaierror(-2, "unknown")),
            "p:1",
            NoResponse(
                "proxy", "the host name of the proxy p:1 is not known (unknown)", False
            ),
        ),
        (
            caused(
                httpx2.ConnectError("all attempts failed"),
                ExceptionGroup("", [ConnectionRefusedError(111, "x")]),
            ),
            None,
            NoResponse(
                "connect", "no connection to a.test:443: connection refused", False
            ),
        ),
        (
            httpx2.ConnectError(OSError(113, "No route to host")),
            None,
            NoResponse(
                "connect", "no connection to a.test:443: no route to host", False
            ),
        ),
        (
            caused(
                httpx2.ConnectError("x"), ssl.SSLError(1, "[SSL] wrong version number")
            ),
            None,
            NoResponse(
                "tls",
                "no TLS connection to a.test:443: [ssl] wrong version number",
                False,
            ),
        ),
        (
            httpx2.ConnectTimeout("x"),
            None,
            NoResponse("timeout", "no connection to a.test:443 within 2.5 s", False),
        ),
        (
            httpx2.ConnectTimeout("x"),
            "p:1",
            NoResponse("timeout", "no connection to p:1 within 2.5 s", False),
        ),
        (
            httpx2.WriteTimeout("x"),
            None,
            NoResponse("timeout", "a.test:443 took no byte for 2.5 s", True),
        ),
        (
            ConnectionResetError("x"),
            None,
            NoResponse(
                "interrupted",
                "a.test:443 closed the connection without an answer",
                True,
            ),
        ),
        (
            httpx2.UnsupportedProtocol("x"),
            None,
            NoResponse("protocol", "not a possible URL: x", False),
        ),
    ],
)
def test_failures_in_plain_words(error, proxy, expected):
    """Kind, place and reason; whether the server may have seen the request."""
    assert explain(error, place="a.test:443", timeout=2.5, proxy=proxy) == expected


# --- unpacking


@given(
    st.binary(max_size=5000),
    st.sampled_from(["gzip", "zlib", "raw"]),
    st.integers(1, 40),
    st.integers(1, 3),
)
def test_unpacking_undoes_packing_however_it_is_cut(data, form, step, members):
    """Pieces of any size; a gzip body may be several."""
    if form == "gzip":
        packed = gzip.compress(data) * members
    else:
        packer = zlib.compressobj(wbits=15 if form == "zlib" else -15)
        packed, members = packer.compress(data) + packer.flush(), 1
    inflater = Inflater("gzip" if form == "gzip" else "deflate")

    pieces = [
        piece
        for start in range(0, len(packed), step)
        for piece in inflater.feed(packed[start : start + step])
    ]

    assert b"".join(pieces) == data * members
    assert inflater.ended


def test_a_huge_output_comes_in_small_pieces():
    """A kilobyte that holds a megabyte never becomes a megabyte at once."""
    pieces = list(Inflater("gzip").feed(gzip.compress(bytes(1 << 20))))

    assert sum(map(len, pieces)) == 1 << 20
    assert max(map(len, pieces)) <= 256 * 1024


# --- Retry-After, redirects, authorities


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", 0.0),
        ("9" * 400, None),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("1e3", None),
        ("١", None),
        ("Fri, 31 Dec 9999 99:99:99 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
    ],
)
def test_retry_after_takes_what_rfc_9110_names_and_no_more(text, seconds):
    """https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after"""
    assert retry_after((("retry-after", text),)) == seconds


@pytest.mark.parametrize(
    "texts, seconds",
    [
        (["7", "60"], 7.0),
        (["60", "7"], 60.0),
        (["soon", "7"], 7.0),
        (["", "nan", "Sun, 06 Nov 1994 08:49:37 GMT", "7"], 0.0),
        (["Sun, 06 Nov 1994 08:49:37 GMT", "7"], 0.0),
        (["soon", "later"], None),
        (["7, 60"], None),
        ([], None),
    ],
)
def test_of_several_retry_after_the_first_that_can_be_read_counts(texts, seconds):
    """It may be there once only (RFC 9110, 10.2.3); two are no reason not to wait."""
    assert retry_after(tuple(("retry-after", text) for text in texts)) == seconds


@given(st.text())
def test_retry_after_never_raises(text):
    seconds = retry_after((("retry-after", text), ("date", text)))

    assert seconds is None or seconds >= 0


CARRIED = (
    ("X-Api-Key", "k"),
    ("Authorization", "Bearer t"),
    ("Cookie", "sid=1"),
    ("X-Trace", "1"),
    ("Accept", "*/*"),
    ("Content-Type", "text/plain"),
)


def redirected(method="GET", url="https://a.test/x", status=302, to="/y", body=(b"b",)):
    return read_redirect(Request(method, url, CARRIED, body), url, status, to)


@pytest.mark.parametrize(
    "url, location, expected",
    [
        ("http://a.test/x", "/y", "http://a.test/y"),
        ("http://a.test:80/x", "http://a.test/y", "http://a.test/y"),
        ("https://a.test/x", "HTTPS://A.TEST:443/y", "https://A.TEST:443/y"),
        ("https://a.test/x", "../y#part", "https://a.test/y"),
    ],
)
def test_the_same_origin_is_scheme_host_and_effective_port(url, location, expected):
    """https://www.rfc-editor.org/rfc/rfc6454.html#section-5"""
    found = redirected(url=url, to=location)

    assert (found.url, found.abroad) == (expected, False)
    assert found.request == Request("GET", expected, CARRIED, (b"b",))


@pytest.mark.parametrize(
    "url, location",
    [
        ("http://a.test:8080/x", "http://a.test/y"),
        ("http://a.test/x", "https://a.test/y"),
        ("https://a.test/x", "https://a.test:8443/y"),
        ("http://a.test/x", "http://a.test.evil.test/"),
        ("https://a.test/x", "//b.test/y"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_origin_sees_nothing_that_was_meant_for_the_first(
    url, location, method
):
    """D1: no credential, whatever its field is called, no cookie, no body."""
    found = redirected(method, url, 307, location)

    assert found.abroad
    assert found.request == Request(method, found.url, (("Accept", "*/*"),), ())


@pytest.mark.parametrize(
    "method, status, abroad, expected",
    [
        ("POST", 301, False, None),
        ("POST", 302, False, None),
        ("POST", 303, False, "GET"),
        ("POST", 307, False, "POST"),
        ("DELETE", 308, False, "DELETE"),
        ("POST", 307, True, None),
        ("PUT", 308, True, None),
        ("POST", 303, True, "GET"),
        ("HEAD", 303, False, "HEAD"),
    ],
)
def test_what_acts_is_not_sent_to_somebody_else(method, status, abroad, expected):
    """RFC 9110, 15.4: 307 and 308 keep the method, 303 asks for a GET."""
    found = redirected(method, status=status, to="https://b.test/y" if abroad else "/y")

    assert (found.request and found.request.method) == expected
    assert bool(found.refused) is (expected is None)
    if expected == "GET":
        assert found.request.body == ()
        assert "Content-Type" not in dict(found.request.headers)


@pytest.mark.parametrize(
    "location, why",
    [
        ("http://a.test/y", "from https to http"),
        ("https://u:p@a.test/", "user name"),
        ("javascript:1", "not an http"),
        ("file:///etc/passwd", "not an http"),
    ],
)
def test_where_a_redirect_never_leads(location, why):
    found = redirected(to=location)

    assert found.request is None
    assert why in found.refused


@pytest.mark.parametrize("location", ["", "http://a.test:99999/", "http://[::1"])
def test_what_is_no_url_is_no_redirect(location):
    assert redirected(to=location) is None


@pytest.mark.parametrize(
    "here, there, inside",
    [
        ("93.184.216.34", "93.184.216.35", False),
        ("93.184.216.34", "169.254.169.254", True),
        ("93.184.216.34", "10.0.0.1", True),
        ("93.184.216.34", "::ffff:127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("10.0.0.1", "127.0.0.1", False),
        ("93.184.216.34", OSError(), False),
    ],
)
def test_the_internet_sends_nobody_into_a_private_network(here, there, inside):
    """D3: who is inside already may be sent around in it."""

    def resolve(host, port):
        address = {"a.test": here, "b.test": there}[host]
        if isinstance(address, OSError):
            raise address
        return [address]

    assert leads_inside("https://a.test/", "https://b.test/", resolve) is inside


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://a.test", "a.test:80"),
        ("https://u:p@A.test:8443/x", "a.test:8443"),
        ("http://[::1]/", "[::1]:80"),
    ],
)
def test_places_in_messages_hold_no_credentials(url, expected):
    assert host_and_port(url) == expected
