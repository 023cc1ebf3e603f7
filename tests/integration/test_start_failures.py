"""What cannot start says why and with which exit code; what the machine does not give is asked for less."""

import contextlib
import socket

import pytest

from support.wait import wait_until

CLIENTS = 220
FILES_BESIDE = 128  # limits::kFilesBesideConnections
SECONDS = 15


@pytest.mark.parametrize("data_dir", ["loop/data", "x" * 300])
def test_a_data_folder_that_cannot_be_made_is_73(make_service, tmp_path, data_dir):
    (tmp_path / "loop").symlink_to("loop")
    service = make_service(settings={"data.dir": tmp_path / data_dir}).start(wait=False)
    assert service.wait_exit() == 73, service.log_tail()
    assert data_dir.split("/")[0] in service.log()


def test_connections_beyond_the_limit_of_open_files_are_told_so(make_service):
    service = make_service(wrapper=["prlimit", "--nofile=150:150"], settings={"server.max_connections": 1000}).start()
    limit = service.metric("http_server_connections_max")
    assert 1 <= limit < 150
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(socket.create_connection(("127.0.0.1", service.port), SECONDS))
                   for _ in range(CLIENTS)]
        for client in clients:
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        statuses = [client.recv(65536)[9:12] for client in clients]
    assert set(statuses) == {b"200", b"503"}
    assert statuses.count(b"200") <= limit


@pytest.mark.parametrize("wanted, warned", [(72, False), (73, True)])
def test_connections_get_what_the_other_files_leave_over(make_service, wanted, warned):
    service = make_service(wrapper=["prlimit", f"--nofile={FILES_BESIDE + 72}"],
                           settings={"server.max_connections": wanted}).start()
    assert service.metric("http_server_connections_max") == 72
    # The log is written by a thread of its own, in order: what stands before this line is there once this line is.
    wait_until(lambda: "ready" in service.log(), SECONDS, "the log tells of the start")
    assert ("the limit of open files is too low" in service.log()) == warned
