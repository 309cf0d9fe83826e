"""Keys, made anew for each run: as a client takes them, and as Provost's configuration names them."""

import base64
import os
import subprocess
from pathlib import Path

BUCKET = "interop"
DESCRIPTIONS = {
    "AES": {"provost:prefix": f"s3://{BUCKET}/", "provost:generation": "1"},
    "RSA": {"rsa_name": "k1"},
    "KMS": {},
}


def make(folder: Path, kms) -> dict[str, dict]:
    """Writes the keys into the folder and returns each material as the drivers' protocol has it."""
    os.umask(0o077)
    aes = os.urandom(32)
    (folder / "aes.key").write_bytes(aes)
    (folder / "keys.list").write_text(f"s3://{BUCKET}/ 1 aes.key\n")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", folder / "private.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", folder / "private.pem", "-outform", "DER", "-out", folder / "private.der")
    openssl("pkey", "-in", folder / "private.der", "-pubout", "-outform", "DER", "-out", folder / "public.der")
    return {
        "AES": {"kind": "AES", "key": text(aes), "description": DESCRIPTIONS["AES"]},
        "RSA": {
            "kind": "RSA",
            "publicKey": text((folder / "public.der").read_bytes()),
            "privateKey": text((folder / "private.der").read_bytes()),
            "description": DESCRIPTIONS["RSA"],
        },
        "KMS": {"kind": "KMS", "key": kms.create_key()["KeyMetadata"]["Arn"], "description": DESCRIPTIONS["KMS"]},
    }


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
