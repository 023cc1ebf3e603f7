"""Bearer tokens as an operator keeps them: each in a file that nobody else may read."""

OPERATOR = "operator-token-0123456789-0123456789"
SERVICE = "service-token-0123456789-0123456789-"


def token_file(folder, name, token, mode=0o600):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(token + "\n")
    path.chmod(mode)
    return path


def token_settings(folder):
    """The --set pairs of a service that asks for both tokens."""
    return {"operator.token_file": token_file(folder, "operator.token", OPERATOR),
            "service.token_file": token_file(folder, "service.token", SERVICE)}
