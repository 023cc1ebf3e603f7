"""Everything a body or a connection can get wrong: a clear refusal, and nothing is given out."""

import json

import pytest

from support.raw import exchange, statuses
from support.service import Service, coupon_body

ID_MAX = 2**63 - 1
# JSON texts that are no integer of the allowed range, wherever a number is asked for.
NOT_AN_INTEGER = [b'"1"', b'""', b"true", b"[1]", b"[]", b"{}", b'{"userId":1}', b"-0", b"0.0", b"1.0", b"1.5", b"1e3",
                  b"1E0", b"9223372036854775808", b"18446744073709551616", b"18446744073709551617", b"1e400",
                  b"-9223372036854775809"]
NEW = coupon_body(totalQuantity=5, discountPrice=1, minimumPrice=1)

# name: method, path, a good body, {number member: further texts that are wrong for it}
CALLS = {
    "claim": ("POST", "/v1/coupons/1/claims", {"userId": 1}, {"userId": [b"0", b"-1", b"null"]}),
    "seed": ("POST", "/coupons/issue/async", {"userId": 1, "couponId": 1},
             {"userId": [b"0", b"-1", b"null"], "couponId": [b"0", b"-1", b"null"]}),
    "create": ("POST", "/v1/coupons", NEW,
               {"totalQuantity": [b"-1", b"2147483648"], "discountPrice": [b"-1", b"null"],
                "minimumPrice": [b"-1", b"null"]}),
    "stock": ("POST", "/v1/coupons/1/stock", {"delta": 1}, {"delta": [b"0", b"null", b"2147483648"]}),
    "redemption": ("POST", "/v1/coupons/1/claims/1/redemption", {"orderAmount": 1},
                   {"orderAmount": [b"-1", b"null"]}),
    "patch": ("PATCH", "/v1/coupons/1", {"name": "B"}, {}),
}
INTEGERS = [(call, field, text) for call, (_, _, _, numbers) in CALLS.items() for field, wrong in numbers.items()
            for text in NOT_AN_INTEGER + wrong]
BROKEN = {
    "empty": lambda good: b"",
    "blank": lambda good: b"  \r\n",
    "half": lambda good: good[:-1],
    "trailing byte": lambda good: good + b"x",
    "trailing comma": lambda good: good[:-1] + b",}",
    "two objects": lambda good: good + good,
    "NUL after it": lambda good: good + b"\0",
    "byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "UTF-16": lambda good: good.decode().encode("utf-16"),
    "in an array": lambda good: b"[" + good + b"]",
    "a number": lambda good: b"1",
    "a string": lambda good: b'"a"',
    "null": lambda good: b"null",
    "deep arrays": lambda good: good[:-1] + b',"a":' + b"[" * 500 + b"]" * 500 + b"}",
    "deep objects": lambda good: good[:-1] + b',"a":' + b'{"a":' * 500 + b"1" + b"}" * 501,
    "deep and never closed": lambda good: b"[" * 3000,
    "invalid UTF-8 value": lambda good: good[:-1] + b',"a":"\xff"}',
    "invalid UTF-8 name": lambda good: good[:-1] + b',"\xc3\x28":1}',
    "overlong UTF-8": lambda good: good[:-1] + b',"a":"\xc0\xaf"}',
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "NaN": lambda good: good[:-1] + b',"a":NaN}',
    "leading zero": lambda good: good[:-1] + b',"a":01}',
    "comment": lambda good: b"/**/" + good,
    "form": lambda good: b"userId=1",
    "control character": lambda good: good[:-1] + b',"a":"\n"}',
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One service for the whole matrix: coupon 1, which nobody holds; whoever changes that breaks the next test."""
    service = Service(tmp_path_factory.mktemp("bad_input")).start()
    service.create_coupon(10)
    yield service
    service.close()


@pytest.fixture
def untouched(shared):
    """`shared`, and afterwards nothing of it has changed."""
    before = shared.get("/v1/coupons").json()
    yield shared
    assert shared.get("/v1/coupons").json() == before
    assert before["coupons"][0]["issuedQuantity"] == 0 and shared.issuances(1) == []


def send(service, call, body, path=None):
    method, own_path, _, _ = CALLS[call]
    return service.request(method, path or own_path, data=body, headers={"Content-Type": "application/json"})


def body_with(call, field, text):
    good = CALLS[call][2]
    texts = {**{name: json.dumps(value).encode() for name, value in good.items()}, field: text}
    return b"{%s}" % b",".join(b'"%s":%s' % (name.encode(), one) for name, one in texts.items())


def assert_names(call, answer, field, status=400):
    assert answer.status_code == status, answer.text
    if call == "seed":
        assert list(answer.json()) == ["error"] and field in answer.json()["error"]
        return
    problem = answer.json()
    assert (problem["code"], problem["field"]) == ("invalid_request", field), answer.text
    assert field in problem["detail"] or field == "body"


@pytest.mark.parametrize("call, field, text", INTEGERS)
def test_wrong_number(untouched, call, field, text):
    assert_names(call, send(untouched, call, body_with(call, field, text)), field)


@pytest.mark.parametrize("call, field", [(call, field) for call in ("claim", "seed", "create", "stock", "redemption")
                                         for field in CALLS[call][2]])
def test_missing_member(untouched, call, field):
    good = {name: value for name, value in CALLS[call][2].items() if name != field}
    assert_names(call, send(untouched, call, json.dumps(good)), field)


@pytest.mark.parametrize("call, field", [(call, field) for call in CALLS for field in CALLS[call][2]])
def test_duplicate_member(untouched, call, field):
    good = CALLS[call][2]
    body = json.dumps(good)[:-1] + f", {json.dumps(field)}: {json.dumps(good[field])}}}"
    assert_names(call, send(untouched, call, body), field)
    escaped = json.dumps(good)[:-1] + f', "\\u{ord(field[0]):04x}{field[1:]}": {json.dumps(good[field])}}}'
    assert_names(call, send(untouched, call, escaped), field)


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("call", CALLS)
def test_broken_body(untouched, call, what):
    answer = send(untouched, call, BROKEN[what](json.dumps(CALLS[call][2]).encode()))
    assert answer.status_code == 400, answer.text
    if call != "seed":
        problem = answer.json()
        assert problem["code"] == "invalid_request" and problem["field"] in ("body", "a"), answer.text


@pytest.mark.parametrize("call, field, value", [
    ("create", "name", ""), ("create", "name", "x" * 51), ("create", "name", 5), ("create", "name", None),
    ("create", "name", "a\u0000b"), ("create", "name", "a\nb"), ("create", "name", "a\u0085b"),
    ("create", "issueStartDate", "tomorrow"), ("create", "issueStartDate", 1767225600),
    ("create", "issueStartDate", "2026-02-30T00:00:00Z"), ("create", "issueStartDate", "2026-01-01"),
    ("create", "issueStartDate", "2026-01-01T00:00:00"), ("create", "issueEndDate", "2019-01-01T00:00:00Z"),
    ("create", "issueEndDate", "2020-01-01T00:00:00Z"), ("create", "expiresAt", "2019-01-01T00:00:00Z"),
    ("create", "type", "RANDOM"), ("create", "state", "gone"), ("create", "admission", "redis"),
    ("create", "shadow", 1), ("create", "id", 5), ("create", "issuedQuantity", 5),
    ("stock", "total", 5), ("redemption", "coupon", 5),
    ("patch", "name", ""), ("patch", "name", "x" * 51), ("patch", "name", None), ("patch", "state", "OPEN"),
    ("patch", "state", None), ("patch", "issueEndDate", "2019-01-01T00:00:00Z"), ("patch", "issueEndDate", None),
    ("patch", "totalQuantity", 5), ("patch", "issueStartDate", "2020-01-01T00:00:00Z"),
])
def test_wrong_value(untouched, call, field, value):
    assert_names(call, send(untouched, call, json.dumps({**CALLS[call][2], field: value})), field)


def test_patch_of_nothing(untouched):
    assert_names("patch", send(untouched, "patch", b"{}"), "body")


@pytest.mark.parametrize("call, size", [("claim", 4097), ("claim", 5 * 1024), ("seed", 5 * 1024), ("create", 65537),
                                        ("patch", 70_000), ("stock", 70_000), ("redemption", 70_000)])
def test_body_over_the_limit(untouched, call, size):
    good = json.dumps(CALLS[call][2]).encode()
    answer = send(untouched, call, good + b" " * (size - len(good)))
    assert answer.status_code == 413, answer.text
    assert answer.headers["Connection"] == "close"


def test_body_at_the_limit_is_taken(untouched):
    good = json.dumps({"userId": 0}).encode()
    assert_names("claim", send(untouched, "claim", good + b" " * (4096 - len(good))), "userId")


def test_lone_surrogate_in_a_name_is_refused(untouched):
    assert send(untouched, "create", json.dumps({**NEW, "name": "a\ud800b"})).status_code == 400


# --- Framing: what another reader could take for a second request must never be one here

SMUGGLED = b'POST /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n{"userId":666}'
START = b"POST /v1/coupons/1/claims HTTP/1.1\r\n"
FRAMING = {
    "chunked": b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked with a length": b"Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length with chunked": b"Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "identity": b"Host: a\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
    "unknown encoding": b"Host: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "folded encoding": b"Host: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "blank before the colon": b"Host: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "vertical tab": b"Host: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "two equal lengths": b"Host: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": b"Host: a\r\nContent-Length: 2, 2\r\n\r\n{}",
    "plus": b"Host: a\r\nContent-Length: +2\r\n\r\n{}",
    "minus": b"Host: a\r\nContent-Length: -2\r\n\r\n{}",
    "hex": b"Host: a\r\nContent-Length: 0x2\r\n\r\n{}",
    "a word": b"Host: a\r\nContent-Length: two\r\n\r\n{}",
    "empty length": b"Host: a\r\nContent-Length:\r\n\r\n{}",
    "huge length": b"Host: a\r\nContent-Length: 18446744073709551618\r\n\r\n{}",
    "length beyond the limit": b"Host: a\r\nContent-Length: 9223372036854775807\r\n\r\n{}",
    "two hosts": b"Host: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}",
    "no host": b"Content-Length: 2\r\n\r\n{}",
    "bad host": b"Host: a/b\r\nContent-Length: 2\r\n\r\n{}",
    "bare line feed": b"Host: a\nContent-Length: 2\r\n\r\n{}",
    "bare carriage return": b"Host: a\rX: b\r\nContent-Length: 2\r\n\r\n{}",
    "folded header": b"Host: a\r\nX: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    "NUL in a header": b"Host: a\r\nX: b\0c\r\nContent-Length: 2\r\n\r\n{}",
    "header without a colon": b"Host: a\r\nBroken\r\nContent-Length: 2\r\n\r\n{}",
    "header without a name": b"Host: a\r\n: b\r\nContent-Length: 2\r\n\r\n{}",
    "two tokens": b"Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "too many headers": b"Host: a\r\n" + b"X: y\r\n" * 100 + b"\r\n",
    "header too large": b"Host: a\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
    "expectation": b"Host: a\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n{}",
}
LINES = {
    "bare line feeds": b"POST /v1/coupons/1/claims HTTP/1.1\nHost: a\n\n",
    "no version": b"POST /v1/coupons/1/claims\r\nHost: a\r\n\r\n",
    "other version": b"GET /v1/time HTTP/2.0\r\nHost: a\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "two blanks": b"POST  /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /v1/time#x HTTP/1.1\r\nHost: a\r\n\r\n",
    "long target": b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "authority of another host": b"GET http://b/v1/time HTTP/1.1\r\nHost: a\r\n\r\n",
    "empty lines": b"\r\n\r\n\r\nGET /v1/time HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("what", [*FRAMING, *LINES])
def test_bad_framing_gets_one_refusal_and_the_end(untouched, what):
    received = exchange(untouched.port, (LINES.get(what) or START + FRAMING[what]) + SMUGGLED)
    found = statuses(received)
    assert len(found) == 1, received
    assert 400 <= found[0] < 500 or found[0] in (501, 505), received
    assert b"connection: close" in received.lower() and b"problem+json" in received
    if "chunked" in what or what in ("identity", "unknown encoding"):
        assert found == [501]


def test_cut_body_is_no_claim(untouched):
    cut = START + b'Host: a\r\nContent-Length: 20\r\n\r\n{"userId":1}'
    assert statuses(exchange(untouched.port, cut, half_close=True)) in ([], [400], [408])


def test_body_in_a_get_is_not_the_next_request(untouched):
    request = b"GET /v1/time HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(SMUGGLED)
    assert statuses(exchange(untouched.port, request + SMUGGLED)) == [200]


def test_service_is_well_after_all_that(shared):
    assert shared.is_ready() and shared.get("/v1/audit").json()["passed"]
