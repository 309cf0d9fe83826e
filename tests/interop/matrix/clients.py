"""The real clients: what each writes, and its driver process."""

import json
import subprocess
import threading
from dataclasses import dataclass

MATERIALS = ("AES", "RSA", "KMS")
STORAGES = ("metadata", "instruction-file")
REQUEST_SECONDS = 180


@dataclass(frozen=True)
class Format:
    """Something that a client writes."""

    name: str  # the client's own name for it, as its driver takes it
    title: str
    legacy: bool = False  # Provost reads it only when told to


@dataclass(frozen=True)
class Client:
    name: str
    title: str
    writes: tuple[Format, ...]
    reads: dict[str, str]  # Provost's format -> the name of the setting that reads it
    parts: bool = True  # whether it uploads in parts


V2 = Format("V2", "V2")
V3 = Format("V3", "V3")

CLIENTS = (
    Client("java4", "Amazon S3 Encryption Client for Java 4.x", (V3, V2), {"V2": "V2", "V3": "V3"}),
    Client("java3", "Amazon S3 Encryption Client for Java 3.x", (V2,), {"V2": "V2", "V3": "V2"}),
    Client("sdk1-v2", "AWS SDK for Java 1.x, AmazonS3EncryptionClientV2", (
        Format("v2 StrictAuthenticatedEncryption", "V2, StrictAuthenticatedEncryption"),
        Format("v2 AuthenticatedEncryption", "V2, AuthenticatedEncryption"),
    ), {"V2": "v2 StrictAuthenticatedEncryption", "V3": "v2 StrictAuthenticatedEncryption"}),
    Client("sdk1-v1", "AWS SDK for Java 1.x, AmazonS3EncryptionClient", (
        Format("v1 EncryptionOnly", "EncryptionOnly (CBC)", legacy=True),
        Format("v1 AuthenticatedEncryption", "AuthenticatedEncryption (GCM)", legacy=True),
        Format("v1 StrictAuthenticatedEncryption", "StrictAuthenticatedEncryption (GCM)", legacy=True),
    ), {"V2": "v1 AuthenticatedEncryption", "V3": "v1 AuthenticatedEncryption"}),
    Client("python", "Amazon S3 Encryption Client for Python", (V3, V2), {"V2": "V2", "V3": "V3"}),
    Client("go1", "AWS SDK for Go 1.x, s3crypto", (
        Format("v2 GCM", "V2, EncryptionClientV2"),
        Format("v1 GCM", "V2, EncryptionClient with AESGCM", legacy=True),
        Format("v1 CBC", "V2, EncryptionClient with AESCBC", legacy=True),
    ), {"V2": "v2 GCM", "V3": "v2 GCM"}, parts=False),
)


class Driver:
    """A client's process; it answers one request at a time."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        """None, or what the client says is wrong."""
        hanging = threading.Timer(REQUEST_SECONDS, self.process.kill)
        hanging.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            hanging.cancel()
        if not line:
            raise RuntimeError(f"the driver {self.process.args} ended, or was ended after {REQUEST_SECONDS} s, with {self.process.wait()}: {request['op']} {request['key']}")
        answer = json.loads(line)
        return None if answer["ok"] else answer["error"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
