"""The driver of Amazon's S3 Encryption Client for Python: one JSON request on each line, one JSON answer."""

import json
import os
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.materials.kms_keyring import KmsKeyring
from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

FORMATS = {
    "V2": (AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF, CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT),
    "V3": (AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY, CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT),
}
kms = boto3.client("kms", endpoint_url=os.environ["KMS_ENDPOINT"])


def client(request):
    if request["material"]["kind"] != "KMS":
        raise NotImplementedError("the client has no keyring for this material")
    algorithm, policy = FORMATS[request["format"]]
    keyring = KmsKeyring(kms, request["material"]["key"], enable_legacy_wrapping_algorithms=request["legacy"])
    # Each one registers handlers, so none shares its boto3 client.
    s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"], config=Config(s3={"addressing_style": "path"}))
    return S3EncryptionClient(s3, S3EncryptionClientConfig(
        keyring=keyring, encryption_algorithm=algorithm, commitment_policy=policy,
        enable_legacy_unauthenticated_modes=request["legacy"],
    ))


def put(request):
    encrypting = client(request)
    if request["storage"] == "instruction-file":
        raise NotImplementedError("the client does not write instruction files")
    if request["multipart"]:
        encrypting.upload_file(request["file"], request["bucket"], request["key"], multipart_chunksize=5 << 20)
    else:
        encrypting.put_object(Bucket=request["bucket"], Key=request["key"], Body=Path(request["file"]).read_bytes())


def get(request):
    extra = {"Range": request["range"]} if request.get("range") else {}
    body = client(request).get_object(Bucket=request["bucket"], Key=request["key"], **extra)["Body"]
    Path(request["file"]).write_bytes(body.read())


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            (put if request["op"] == "put" else get)(request)
            answer = {"ok": True}
        except Exception as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
