"""Real servers on loopback for tests: moto (S3, KMS, STS, instance metadata) and versitygw (a strict S3).

    serve.py --versitygw PROGRAM --env FILE            until SIGTERM or SIGINT; FILE appears when both answer
    serve.py --versitygw PROGRAM -- COMMAND [ARG...]   as long as the command runs; its exit status is passed on

All state is in a temporary folder that ends with this process. ../README.md says what the variables mean.
"""

import argparse
import base64
import ctypes
import io
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

REGION = "us-east-1"
STARTUP_SECONDS = 30
PR_SET_PDEATHSIG = 1


class RequestLog:
    """Appends one JSON line for each request, before its response is on the wire: who has the answer finds the line."""

    def __init__(self, application, kms_log, s3_log):
        self.application = application
        self.files = {"kms": open(kms_log, "a", buffering=1), "s3": open(s3_log, "a", buffering=1)}
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        access_key, service, region = scope_of(environ.get("HTTP_AUTHORIZATION", ""))
        if service == "kms":
            entry = kms_entry(environ, region)
        elif service == "s3":
            entry = s3_entry(environ, access_key)
        else:
            return self.application(environ, start_response)

        def start_and_log(status, headers, exc_info=None):
            line = json.dumps(entry | {"status": int(status.split()[0])})
            with self.lock:
                self.files[service].write(line + "\n")
            return start_response(status, headers, exc_info)

        return self.application(environ, start_and_log)


def scope_of(authorization):
    """Access key, service and region of a version 4 signature: `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, ...`."""
    parts = authorization.split(",")[0].split("/")
    return (parts[0].rpartition("=")[2], parts[3], parts[2]) if len(parts) == 5 else (None, None, None)


def kms_entry(environ, region):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        request = json.loads(body)
    except ValueError:
        request = {}
    # As KMS does, and moto does not: an ARN leads to the account that it names, an id to the caller's.
    arn = str(request.get("KeyId")).split(":")
    if len(arn) == 6:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = arn[4]
    return {
        "operation": environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2],
        "region": region,
        "key_id": request.get("KeyId"),
        "context": request.get("EncryptionContext"),
        "ciphertext": request.get("CiphertextBlob"),
    }


def s3_entry(environ, access_key):
    return {
        "access_key": access_key,
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ.get("QUERY_STRING", ""),
        "range": environ.get("HTTP_RANGE"),
    }


def start_moto(folder):
    """Starts moto in threads of this process, and returns its port."""
    # What moto reads at import.
    os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    class Handler(MotoRequestHandler):
        def log_request(self, code="-", size="-"):
            pass

        def handle_expect_100(self):
            return True  # werkzeug says `100 Continue` itself, and clients stumble over a second one

    application = RequestLog(DomainDispatcherApplication(create_backend_app), folder / "kms.jsonl", folder / "s3.jsonl")
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_versitygw(program, folder, access_key, secret_key):
    """Starts versitygw and returns process and port. The port is chosen here, so another process may be faster: up to three tries."""
    for place in ("objects", "versions"):
        (folder / place).mkdir()
    environment = os.environ | {"ROOT_ACCESS_KEY_ID": access_key, "ROOT_SECRET_ACCESS_KEY": secret_key}
    for _ in range(3):
        port = free_port()
        with open(folder / "versitygw.log", "ab") as log:
            process = subprocess.Popen(
                [program, "--port", f"127.0.0.1:{port}", "--region", REGION, "--health", "/health", "--quiet", "--keep-alive"]
                + ["posix", "--versioning-dir", folder / "versions", folder / "objects"],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent,
            )
        if answers(f"http://127.0.0.1:{port}/health", process):
            return process, port
        process.kill()
        process.wait()
    sys.exit(f"versitygw does not answer:\n{(folder / 'versitygw.log').read_text()}")


def answers(url, process):
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def variables(folder, moto_port, versitygw_port, access_key, secret_key):
    moto = f"http://127.0.0.1:{moto_port}"
    return {
        "PROVOST_TEST_S3_ENDPOINT": moto,
        "PROVOST_TEST_S3_STRICT_ENDPOINT": f"http://127.0.0.1:{versitygw_port}",
        "PROVOST_TEST_KMS_ENDPOINT": moto,
        "PROVOST_TEST_STS_ENDPOINT": moto,
        "PROVOST_TEST_IMDS_ENDPOINT": moto,
        "PROVOST_TEST_KMS_LOG": str(folder / "kms.jsonl"),
        "PROVOST_TEST_S3_LOG": str(folder / "s3.jsonl"),
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # What the user of this machine has configured is not the tests' business.
        "AWS_CONFIG_FILE": str(folder / "aws-configuration"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-configuration"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--versitygw", required=True, help="the program")
    arguments.add_argument("--env", type=Path, help="the file to write `export NAME=VALUE` lines to")
    arguments.add_argument("command", nargs="*")
    options = arguments.parse_args()
    if bool(options.env) == bool(options.command):
        arguments.error("either --env FILE or a command")

    # `exit` unwinds the stack below, which is where servers and folder end.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = Path(tempfile.mkdtemp(prefix="provost-servers-"))
    versitygw = None
    try:
        access_key = "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode()
        secret_key = secrets.token_urlsafe(30)
        (folder / "aws-configuration").touch()
        moto_port = start_moto(folder)
        versitygw, versitygw_port = start_versitygw(options.versitygw, folder, access_key, secret_key)
        names = variables(folder, moto_port, versitygw_port, access_key, secret_key)
        if options.command:
            return subprocess.run(options.command, env=os.environ | names, check=False).returncode
        unfinished = options.env.with_name(options.env.name + ".part")
        unfinished.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in names.items()))
        unfinished.rename(options.env)
        signal.pause()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        if versitygw:
            versitygw.kill()
            versitygw.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
