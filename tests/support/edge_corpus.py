"""Requests as bytes that two servers might read differently, by name.

SMUGGLING: two readers could disagree where the request ends or what it means; each must be refused and its connection
closed. DOUBTFUL: odd, but with one meaning; nothing here may be taken that nginx refuses. PLAIN: must be taken.
"""

BODY = b'{"userId":1}'
PATH = b"/v1/coupons/1/claims"
# Follows every case: who loses count of the bytes answers it.
FOLLOWER = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"


def claim(*lines, body=BODY, start=b"POST " + PATH + b" HTTP/1.1", host=b"Host: a"):
    """A claim with these header lines instead of its Content-Length."""
    head = [start, *([host] if host else []), b"Content-Type: application/json", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


def lengths(*values):
    return claim(*(b"Content-Length: " + value for value in values))


def raw(text):
    """`text` with {P} for the path and {L} for the length's line; a body follows."""
    return text.replace(b"{P}", PATH).replace(b"{L}", LENGTH) + BODY


SMUGGLING = {
    "length, then chunked": claim(LENGTH, CHUNKED, body=CHUNKS),
    "chunked, then length": claim(CHUNKED, LENGTH, body=CHUNKS),
    "chunked alone": claim(CHUNKED, body=CHUNKS),
    "chunked, length short": claim(b"Content-Length: 3", CHUNKED, body=CHUNKS),
    "gzip and length": claim(b"Transfer-Encoding: gzip", LENGTH),
    "chunked, gzip": claim(b"Transfer-Encoding: chunked, gzip", body=CHUNKS),
    "gzip, chunked": claim(b"Transfer-Encoding: gzip, chunked", body=CHUNKS),
    "xchunked": claim(b"Transfer-Encoding: xchunked", LENGTH),
    "identity": claim(b"Transfer-Encoding: identity", LENGTH),
    "empty encoding": claim(b"Transfer-Encoding:", LENGTH),
    "quoted encoding": claim(b'Transfer-Encoding: "chunked"', LENGTH),
    "encoding with a tab": claim(b"Transfer-Encoding:\tchunked", LENGTH, body=CHUNKS),
    "encoding in capitals": claim(b"TRANSFER-ENCODING: CHUNKED", LENGTH, body=CHUNKS),
    "encoding twice": claim(CHUNKED, b"Transfer-Encoding: identity", body=CHUNKS),
    "encoding on 1.0": claim(CHUNKED, start=b"POST " + PATH + b" HTTP/1.0", body=CHUNKS),
    "encoding, space before the colon": claim(b"Transfer-Encoding : chunked", LENGTH, body=CHUNKS),
    "encoding folded": claim(b"Transfer-Encoding:\r\n chunked", LENGTH, body=CHUNKS),
    "encoding after a bare line feed": claim(b"X: y\nTransfer-Encoding: chunked", LENGTH, body=CHUNKS),
    "encoding after a bare return": claim(b"X: y\rTransfer-Encoding: chunked", LENGTH, body=CHUNKS),
    "encoding after a vertical tab": claim(b"Transfer-Encoding:\x0bchunked", LENGTH, body=CHUNKS),
    "trailer with Authorization": claim(CHUNKED, b"Trailer: Authorization",
                                        body=CHUNKS[:-2] + b"Authorization: Bearer x\r\n\r\n"),
    "long chunk extension": claim(CHUNKED, body=b"c;" + b"a" * 100_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk size with a bare line feed": claim(CHUNKED, body=b"c\n" + BODY + b"\r\n0\r\n\r\n"),
    "length +12": lengths(b"+12"),
    "length 0xc": lengths(b"0xc"),
    "length 12,12": lengths(b"12,12"),
    "length 12, 13": lengths(b"12, 13"),
    "length 2^64": lengths(b"18446744073709551616"),
    "length 2^64 + 12": lengths(b"18446744073709551628"),
    "length negative": lengths(b"-12"),
    "length empty": lengths(b""),
    "length with a fraction": lengths(b"12.0"),
    "length with an exponent": lengths(b"1e1"),
    "length with a space inside": lengths(b"1 2"),
    "length with a letter behind": lengths(b"12a"),
    "length twice, different": lengths(b"12", b"13"),
    "length twice, the same": lengths(b"12", b"12"),
    "length, space before the colon": claim(b"Content-Length : 12"),
    "length folded": claim(b"Content-Length:\r\n 12"),
    "length after a NUL": lengths(b"\x0012"),
    "bare line feeds": raw(b"POST {P} HTTP/1.1\nHost: a\n{L}\n\n"),
    "bare line feed after the start line": raw(b"POST {P} HTTP/1.1\nHost: a\r\n{L}\r\n\r\n"),
    "bare return between headers": raw(b"POST {P} HTTP/1.1\r\nHost: a\rX: y\r\n{L}\r\n\r\n"),
    "header ends with a bare line feed": raw(b"POST {P} HTTP/1.1\r\nHost: a\r\n{L}\r\n\n"),
    "folded header": claim(b"X: a\r\n b", LENGTH),
    "first header line begins with a space": raw(b"POST {P} HTTP/1.1\r\n Host: a\r\n{L}\r\n\r\n"),
    "NUL in a name": claim(b"X\x00Y: a", LENGTH),
    "NUL in a value": claim(b"X: a\x00b", LENGTH),
    "high byte in a name": claim(b"X\xff: a", LENGTH),
    "space in a name": claim(b"X Y: a", LENGTH),
    "no name": claim(b": a", LENGTH),
    "no colon": claim(b"Xyz", LENGTH),
    "two Hosts": claim(b"Host: b", LENGTH),
    "two Hosts, the same": claim(b"Host: a", LENGTH),
    "no Host": claim(LENGTH, host=None),
    "Host with a space": claim(LENGTH, host=b"Host: a b"),
    "Host with a slash": claim(LENGTH, host=b"Host: a/b"),
    "absolute target of another host": claim(LENGTH, start=b"POST http://b" + PATH + b" HTTP/1.1"),
}
DOUBTFUL = {
    "version 2.0": claim(LENGTH, start=b"POST " + PATH + b" HTTP/2.0"),
    "version 1.10": claim(LENGTH, start=b"POST " + PATH + b" HTTP/1.10"),
    "version 0.9": claim(LENGTH, start=b"POST " + PATH + b" HTTP/0.9"),
    "version in small letters": claim(LENGTH, start=b"POST " + PATH + b" http/1.1"),
    "no version": claim(LENGTH, start=b"POST " + PATH),
    "two spaces before the target": claim(LENGTH, start=b"POST  " + PATH + b" HTTP/1.1"),
    "tab before the target": claim(LENGTH, start=b"POST\t" + PATH + b" HTTP/1.1"),
    "space in the target": claim(LENGTH, start=b"POST " + PATH + b" x HTTP/1.1"),
    "NUL in the target": claim(LENGTH, start=b"POST " + PATH + b"\x00 HTTP/1.1"),
    "encoded NUL in the target": claim(LENGTH, start=b"POST " + PATH + b"%00 HTTP/1.1"),
    "broken escape in the target": claim(LENGTH, start=b"POST " + PATH + b"%zz HTTP/1.1"),
    "target above the root": claim(LENGTH, start=b"POST /../../v1/coupons/1/claims HTTP/1.1"),
    "target without a slash": claim(LENGTH, start=b"POST v1/coupons/1/claims HTTP/1.1"),
    "method in small letters": claim(LENGTH, start=b"post " + PATH + b" HTTP/1.1"),
    "method CONNECT": claim(LENGTH, start=b"CONNECT a:80 HTTP/1.1"),
    "method TRACE": claim(LENGTH, start=b"TRACE " + PATH + b" HTTP/1.1"),
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    "target of 9 kB": claim(LENGTH, start=b"POST " + PATH + b"?" + b"a" * 9000 + b" HTTP/1.1"),
    "header line of 9 kB": claim(b"X: " + b"a" * 9000, LENGTH),
    "header of 40 kB": claim(*[b"X: " + b"a" * 5000] * 8, LENGTH),
    "body of 5 kB": claim(b"Content-Length: 5000", body=BODY + b" " * (5000 - len(BODY))),
}
PLAIN = {
    "a claim": claim(LENGTH),
    "absolute target of the same host": claim(LENGTH, start=b"POST http://a" + PATH + b" HTTP/1.1"),
    "offer to speak HTTP/2": claim(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c",
                                   b"HTTP2-Settings: AAMAAABkAAQAAP__", LENGTH),
    "GET with a body": claim(LENGTH, start=b"GET /v1/coupons/1 HTTP/1.1"),
    "a request as a body": claim(b"Content-Length: %d" % len(FOLLOWER), body=FOLLOWER,
                                 start=b"GET /v1/coupons/1 HTTP/1.1"),
}
