"""What every refusal of the service looks like."""


def assert_problem(answer, status, code):
    """`answer` is the problem document `code`, whole; its members."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["title"] and body["detail"] and body["type"]
    return body
