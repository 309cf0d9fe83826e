"""Provost, through its executable."""

import json
import subprocess
import threading
from pathlib import Path

from materials import BUCKET

CLASSES = {"AES": ("provost.keys.Static", "libprovost_static_keys.so"), "RSA": ("provost.keys.Rsa", "libprovost_rsa_keys.so")}


class Provost:
    def __init__(self, programs: Path, folder: Path, materials, environment):
        self.programs = programs
        self.folder = folder
        self.materials = materials
        self.environment = environment
        self.configurations = {}
        self.lock = threading.Lock()

    def put(self, file, key, material, storage, format):
        return self.run(material, self.policy(storage, [format], format), "object", "put", file, f"s3://{BUCKET}/{key}")

    def get(self, key, file, material, storage, legacy):
        return self.run(material, self.policy(storage, ["V3", "V2"], "V3", legacy), "object", "get", f"s3://{BUCKET}/{key}", file)

    def cat(self, key, range, material, storage, legacy):
        """What Provost says is wrong, if it does, and what it prints."""
        policy = self.policy(storage, ["V3", "V2"], "V3", legacy)
        return self.output(material, policy, "object", "cat", f"--range={range}", "--unauthenticated", f"s3://{BUCKET}/{key}")

    def run(self, material, policy, *command):
        """None, or what Provost says is wrong."""
        return self.output(material, policy, *command)[0]

    def output(self, material, policy, *command):
        done = subprocess.run(
            [self.programs / "provost", "--config", self.configuration(material, policy), *command],
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )
        says = done.stderr.decode(errors="replace").strip()
        return None if done.returncode == 0 else says or f"exit status {done.returncode}", done.stdout

    @staticmethod
    def policy(storage, formats, format, legacy=False):
        formats = [*formats, "V1"] if legacy else formats
        lines = [
            f'write.format = "{format}"',
            f'write.envelope = "{storage}"',
            f"read.formats = {json.dumps(formats)}",
            f'read.envelope = ["{storage}"]',
        ]
        if legacy:
            lines += ['read.legacy = "decrypt"', 'read.unauthenticated = "accept"']
        return "\n".join(lines)

    def configuration(self, material, policy):
        """The provost.toml for a material and a policy; the files are written when first asked for."""
        with self.lock:
            if (material, policy) not in self.configurations:
                name = f"{material}-{len(self.configurations)}"
                path = self.folder / f"{name}.toml"
                (self.folder / f"{name}.json").write_text(json.dumps({"EncryptionConfiguration": {
                    "EnableInTransitEncryption": False,
                    "EnableAtRestEncryption": True,
                    "AtRestEncryptionConfiguration": {"S3EncryptionConfiguration": self.mode(material)},
                }}))
                path.write_text(f'security_configuration = "{name}.json"\n{self.conf(material)}\n[[prefixes]]\nprefix = "s3://{BUCKET}/"\n{policy}\n')
                self.configurations[material, policy] = path
            return self.configurations[material, policy]

    def mode(self, material):
        if material == "KMS":
            return {"EncryptionMode": "CSE-KMS", "AwsKmsKey": self.materials["KMS"]["key"]}
        name, library = CLASSES[material]
        return {"EncryptionMode": "CSE-Custom", "S3Object": str(self.programs / library), "EncryptionKeyProviderClass": name}

    def conf(self, material):
        values = {
            "AES": {"keys": self.folder / "keys.list"},
            "RSA": {
                "fs.s3.cse.rsa.name": "k1",
                "fs.s3.cse.rsa.public": self.folder / "public.der",
                "fs.s3.cse.rsa.private": self.folder / "private.der",
            },
            "KMS": {},
        }[material]
        if not values:
            return ""
        lines = "\n".join(f'"{key}" = "{value}"' for key, value in values.items())
        return f'\n[classes."{CLASSES[material][0]}".conf]\n{lines}\n'
