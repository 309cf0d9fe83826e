#!/usr/bin/env python3
"""Writes envelope/*.toml: stored objects, and what a reader must make of them.

Written from the format alone, with the `cryptography` package; shares no code with Provost. Run it
in this folder. AES vectors come out the same each time; RSA ones are padded with fresh randomness.
"""

import base64
import hashlib
import hmac
import json
import os
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sys.dont_write_bytecode = True
import envelope_legacy

AES_KEY = bytes(range(32))
OTHER_AES_KEY = bytes(range(100, 132))
CEK = hashlib.sha256(b"content encryption key").digest()
WRAP_IV = b"wrap-iv-12-b"
IV = b"contentiv-12"
MESSAGE_ID = b"a message id of 28 bytes .. "
PLAINTEXT = b"attack at dawn"
V2 = b"AES/GCM/NoPadding"
V3 = b"115"
MATDESC = '{"key":"7"}'

with open("keys/rsa-2048.spki.der", "rb") as f:
    RSA = serialization.load_der_public_key(f.read())


def b64(b):
    return base64.b64encode(b).decode()


def aes_wrap(binding, cek=CEK, key=AES_KEY):
    return WRAP_IV + AESGCM(key).encrypt(WRAP_IV, cek, binding)


def oaep(payload):
    return RSA.encrypt(payload, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))


def rsa_wrap(binding):
    return oaep(bytes([len(CEK)]) + CEK + binding)


def mac(key, message):
    return hmac.new(key, message, hashlib.sha512).digest()


def derive(cek=CEK, message_id=MESSAGE_ID):
    prk = mac(message_id, cek)
    return mac(prk, b"\x00\x73COMMITKEY\x01")[:28], mac(prk, b"\x00\x73DERIVEKEY\x01")[:32]


COMMITMENT, CONTENT_KEY = derive()


def v2_body(plaintext=PLAINTEXT, aad=None, iv=IV):
    return AESGCM(CEK).encrypt(iv, plaintext, aad)


def v3_body(plaintext=PLAINTEXT, aad=b"\x00\x73", iv=b"\x01" * 12, key=CONTENT_KEY):
    return AESGCM(key).encrypt(iv, plaintext, aad)


def v2(wrapped=None, alg="AES/GCM"):
    return {
        "x-amz-cek-alg": V2.decode(),
        "x-amz-iv": b64(IV),
        "x-amz-key-v2": b64(wrapped if wrapped is not None else aes_wrap(V2)),
        "x-amz-matdesc": MATDESC,
        "x-amz-tag-len": "128",
        "x-amz-wrap-alg": alg,
    }


def v3(wrapped=None, alg="02"):
    return {
        "x-amz-3": b64(wrapped if wrapped is not None else aes_wrap(V3)),
        "x-amz-c": "115",
        "x-amz-d": b64(COMMITMENT),
        "x-amz-i": b64(MESSAGE_ID),
        "x-amz-m": MATDESC,
        "x-amz-w": alg,
    }


def v1():
    """Enough of one to be recognised; envelope_legacy.py makes whole ones."""
    return {"x-amz-key": b64(b"k" * 48), "x-amz-iv": b64(b"i" * 16), "x-amz-matdesc": "{}"}


def split(whole, stay=("x-amz-c", "x-amz-d", "x-amz-i")):
    metadata = {k: v for k, v in whole.items() if k in stay}
    return metadata, compact({k: v for k, v in whole.items() if k not in stay})


def compact(obj):
    return json.dumps(obj, separators=(",", ":"))


def without(d, *names):
    return {k: v for k, v in d.items() if k not in names}


def toml_string(s):
    return json.dumps(s)  # TOML's basic strings escape as JSON does


made = set()


def vector(name, expect, comment, metadata, body, says=(), file=None, key="aes", plaintext=None,
           policy=None, description=None):
    assert name not in made, name
    made.add(name)
    lines = [
        f"expect = {toml_string(expect)}",
        f"says = {json.dumps(list(says))}",
        f"comment = {toml_string(comment)}",
        f"key = {toml_string(key)}",
    ]
    # Readers accept what the vector needs, and no more.
    places = ["metadata"] + (["instruction-file"] if file is not None else [])
    policy = policy or {"formats": ["V2", "V3"], "envelope": places}
    lines.append(f"read.formats = {json.dumps(policy['formats'])}")
    lines.append(f"read.envelope = {json.dumps(policy['envelope'])}")
    lines += [f"read.{name} = {json.dumps(policy[name])}" for name in ("legacy", "unauthenticated") if name in policy]
    if file not in (None, ""):
        lines.append(f"instruction_file = {toml_string(file)}")
    lines.append(f'body = "{body.hex()}"')
    if expect == "opens":
        plaintext = PLAINTEXT if plaintext is None else plaintext
        lines.append(f'plaintext = "{plaintext.hex()}"')
    if description is not None:
        entries = ", ".join(f"{toml_string(k)} = {json.dumps(v, ensure_ascii=False)}" for k, v in description.items())
        lines.append(f"description = {{ {entries} }}")
    lines += ["", "[metadata]"]
    lines += [f"{toml_string(k)} = {toml_string(v)}" for k, v in metadata.items()]
    with open(f"envelope/{name}.toml", "w") as f:
        f.write("\n".join(lines) + "\n")


ALL = {"formats": ["V1", "V2", "V3"], "envelope": ["metadata", "instruction-file"]}
FILES = {"formats": ["V2", "V3"], "envelope": ["metadata", "instruction-file"]}
OLD = v2()
NEW = v3()

# --- opens -------------------------------------------------------------------------------------
vector("v2_aes", "opens", "as Amazon's clients write it", OLD, v2_body())
vector("v2_rsa", "opens", "as Amazon's clients write it", v2(rsa_wrap(V2), "RSA-OAEP-SHA1"),
       v2_body(), key="rsa")
vector("v3_aes", "opens", "as Amazon's clients write it", NEW, v3_body())
vector("v3_rsa", "opens", "as Amazon's clients write it", v3(rsa_wrap(V3), "22"), v3_body(), key="rsa")
vector("v2_empty", "opens", "the body is the tag alone", OLD, v2_body(b""), plaintext=b"")
vector("v3_empty", "opens", "the body is the tag alone", NEW, v3_body(b""), plaintext=b"")
vector("v2_header_case", "opens", "Go sends names in header case",
       {"-".join(p.capitalize() for p in k.split("-")): v for k, v in OLD.items()}, v2_body())
vector("v2_no_matdesc", "opens", "an absent description is an empty one",
       without(OLD, "x-amz-matdesc"), v2_body())
vector("v2_no_tag_len", "opens", "required on write only", without(OLD, "x-amz-tag-len"), v2_body())
vector("v2_matdesc_spaces", "opens", "Python puts spaces between entries",
       OLD | {"x-amz-matdesc": ' { "a" : "b", "c": "\\u00e9" }\n'}, v2_body())
vector("v2_length_wrong", "opens", "the recorded length is only a hint",
       OLD | {"x-amz-unencrypted-content-length": "9999"}, v2_body())
vector("v2_md5_ignored", "opens", "old clients stored a digest of the plaintext",
       OLD | {"x-amz-unencrypted-content-md5": "anything"}, v2_body())
vector("v2_other_metadata", "opens", "the user's own names are nobody's business",
       OLD | {"x-amz-meta-data": "x", "owner": "me", "x-amz-key-v3": "?"}, v2_body())
vector("v3_no_description", "opens", "an absent description is an empty one",
       without(NEW, "x-amz-m"), v3_body())
m, f = split(OLD, ())
vector("v2_file", "opens", "nothing on the object", m, v2_body(), file=f)
vector("v2_file_java", "opens", "Java leaves the length on the object",
       {"x-amz-unencrypted-content-length": "14"}, v2_body(), file=f)
vector("v2_file_go", "opens", "Go puts the length into the file", {}, v2_body(),
       file=compact(OLD | {"x-amz-unencrypted-content-length": "14"}))
vector("v2_file_utf8", "opens", "files hold proper UTF-8", {}, v2_body(),
       file=json.dumps(OLD | {"x-amz-matdesc": '{"k":"schlüssel"}'}, ensure_ascii=False))
m, f = split(NEW)
vector("v3_file", "opens", "commitment and message id on the object", m, v3_body(), file=f)

# --- names -------------------------------------------------------------------------------------
for first, second in [("x-amz-key", "x-amz-key-v2"), ("x-amz-key-v2", "x-amz-3"), ("x-amz-key", "x-amz-3")]:
    base = NEW if second == "x-amz-3" else OLD
    extra = {first: b64(b"k" * 60)}
    vector(f"exclusive{first[5:]}_and{second[5:]}".replace("-", "_"), "metadata ExclusiveNames",
           "two wrapped keys", base | extra, v3_body() if base is NEW else v2_body(),
           says=[f"'{first}'", f"'{second}'"])
    vector(f"file_exclusive{first[5:]}_and{second[5:]}".replace("-", "_"), "metadata ExclusiveNames",
           "two wrapped keys", {}, v2_body(), says=["instruction file"], file=compact(base | extra)
           if base is OLD else compact(without(base, "x-amz-c", "x-amz-d", "x-amz-i") | extra))
for name in ["x-amz-c", "x-amz-d", "x-amz-i", "x-amz-w", "x-amz-m", "x-amz-t"]:
    value = NEW.get(name, "{}")
    vector(f"v2_with_{name[6:]}", "metadata ForeignName", "V2 and V3 mixed",
           OLD | {name: value}, v2_body(), says=[f"'{name}'", "V2"])
for name in ["x-amz-iv", "x-amz-tag-len", "x-amz-cek-alg", "x-amz-wrap-alg", "x-amz-matdesc"]:
    vector(f"v3_with_{name[6:].replace('-', '_')}", "metadata ForeignName", "V2 and V3 mixed",
           NEW | {name: OLD[name]}, v3_body(), says=[f"'{name}'", "V3"])
for name in ["x-amz-cek-alg", "x-amz-wrap-alg", "x-amz-iv", "x-amz-key-v2"]:
    vector(f"v2_no_{name[6:].replace('-', '_')}", "metadata MissingName", "a required name is missing",
           without(OLD, name), v2_body(), says=[f"'{name}'", "V2"])
    vector(f"v2_file_no_{name[6:].replace('-', '_')}", "metadata MissingName",
           "a required name is missing", {}, v2_body(), says=[f"'{name}'", "instruction file"],
           file=compact(without(OLD, name)))
for name in ["x-amz-c", "x-amz-d", "x-amz-i", "x-amz-w", "x-amz-3"]:
    vector(f"v3_no_{name[6:]}", "metadata MissingName", "a required name is missing",
           without(NEW, name), v3_body(), says=[f"'{name}'", "V3"])
m, f = split(NEW)
for name in ["x-amz-w", "x-amz-3"]:
    vector(f"v3_file_no_{name[6:]}", "metadata MissingName", "a required name is missing", m, v3_body(),
           says=[f"'{name}'", "instruction file"], file=compact(without(json.loads(f), name)))
vector("name_in_two_cases", "metadata DuplicateName", "which one counts would be the reader's choice",
       OLD | {"X-Amz-Iv": b64(b"i" * 12)}, v2_body(), says=["'x-amz-iv'", "object metadata"])
vector("file_name_in_two_cases", "metadata DuplicateName", "which one counts would be the reader's choice",
       {}, v2_body(), file=compact(OLD | {"X-Amz-Iv": b64(b"i" * 12)}), says=["instruction file"])
vector("metadata_too_long", "metadata TooLong", "more than any store keeps",
       OLD | {"note": "n" * 70000}, v2_body(), says=["65536"])

# --- downgrade and split -----------------------------------------------------------------------
for name in ["x-amz-c", "x-amz-d", "x-amz-i"]:
    vector(f"v3_file_holds_{name[6:]}", "metadata CommitmentInInstructionFile",
           "whoever replaces the file would replace the commitment", m, v3_body(), says=[f"'{name}'"],
           file=compact(json.loads(f) | {name: NEW[name]}))
    vector(f"bare_object_v3_file_holds_{name[6:]}", "metadata CommitmentInInstructionFile",
           "whoever replaces the file would replace the commitment", {}, v3_body(), says=[f"'{name}'"],
           file=compact(json.loads(f) | {name: NEW[name]}))
vector("v3_object_v2_file", "metadata ForeignName", "downgrade by swapping the file", m, v3_body(),
       says=["'x-amz-key-v2'", "instruction file"], file=compact(OLD))
vector("v3_object_v1_file", "metadata ForeignName", "downgrade by swapping the file", m, v3_body(),
       says=["'x-amz-key'"], file=compact(v1()))
vector("v3_file_with_v2_names", "metadata ForeignName", "V2 and V3 mixed", m, v3_body(),
       says=["'x-amz-iv'"], file=compact(json.loads(f) | {"x-amz-iv": OLD["x-amz-iv"]}))
vector("bare_object_v3_file", "metadata MissingName", "the commitment was taken off the object", {},
       v3_body(), says=["'x-amz-i'", "object metadata"], file=f)
vector("v2_file_with_w", "metadata ForeignName", "V2 and V3 mixed", {}, v2_body(), says=["'x-amz-w'"],
       file=compact(OLD | {"x-amz-w": "02"}))
vector("v2_file_and_part_on_object", "metadata MissingName",
       "with a file the object holds none of it", {"x-amz-wrap-alg": "AES/GCM"}, v2_body(),
       says=["'x-amz-iv'"], file=compact(OLD))
vector("v3_file_and_part_on_object", "metadata MissingName", "with a file the object holds c, d, i only",
       m | {"x-amz-w": "02"}, v3_body(), says=["'x-amz-3'"], file=f)
vector("v3_file_missing", "metadata InstructionFileMissing", "half an envelope is not a plaintext object",
       m, v3_body(), policy=FILES)
vector("v3_file_not_accepted", "metadata PlaceNotAllowed", "the policy reads metadata only", m, v3_body(),
       says=["instruction file"])
vector("plaintext_object", "metadata NotEncrypted", "never passed through", {"owner": "me"},
       PLAINTEXT, policy=FILES)
vector("plaintext_object_metadata_only", "metadata NoEnvelopeInMetadata", "never passed through",
       {"owner": "me"}, PLAINTEXT)
vector("object_is_instruction_file", "metadata IsInstructionFile", "opened under its own name",
       {"x-amz-crypto-instr-file": ""}, compact(OLD).encode(), policy=FILES)
vector("v2_not_accepted", "metadata FormatNotAllowed", "the policy reads V3 only", OLD, v2_body(),
       says=["V2", "accepted here: V3"], policy={"formats": ["V3"], "envelope": ["metadata"]})
vector("v2_file_not_accepted", "metadata FormatNotAllowed", "the policy reads V3 only", {}, v2_body(),
       file=compact(OLD), says=["V2"],
       policy={"formats": ["V3"], "envelope": ["metadata", "instruction-file"]})

# --- values ------------------------------------------------------------------------------------
for label, value in [
    ("no_padding", b64(b"i" * 28)[:-2]), ("line_break", b64(b"i" * 28)[:20] + "\n" + b64(b"i" * 28)[20:]),
    ("url_safe", "_" * 38 + "=="), ("space", " " + b64(b"i" * 28)), ("trailing_bits", b64(b"i" * 28)[:-3] + "R=="),
    ("not_ascii", "é" * 8), ("null", "AAAA\0AAA"),
]:
    vector(f"base64_{label}", "metadata Base64", "standard base64 with padding, nothing else",
           NEW | {"x-amz-i": value}, v3_body(), says=["'x-amz-i'"])
for name in ["x-amz-iv", "x-amz-key-v2"]:
    vector(f"base64{name[5:]}".replace("-", "_"), "metadata Base64", "standard base64 with padding, nothing else",
           OLD | {name: "!"}, v2_body(), says=[f"'{name}'"])
for name in ["x-amz-d", "x-amz-3"]:
    vector(f"base64{name[5:]}".replace("-", "_"), "metadata Base64", "standard base64 with padding, nothing else",
           NEW | {name: "!"}, v3_body(), says=[f"'{name}'"])
for n in [0, 11, 13, 16]:
    vector(f"v2_iv_{n}_bytes", "metadata Length", "GCM's IV has 12", OLD | {"x-amz-iv": b64(b"i" * n)},
           v2_body(), says=["'x-amz-iv'", f"{n} bytes", "expected 12"])
for name in ["x-amz-i", "x-amz-d"]:
    for n in [0, 27, 29, 32]:
        vector(f"v3_{name[6:]}_{n}_bytes", "metadata Length", "message id and commitment have 28",
               NEW | {name: b64(b"i" * n)}, v3_body(), says=[f"'{name}'", f"{n} bytes", "expected 28"])
for n in [0, 27, 28, 44, 59, 61]:
    vector(f"v2_wrapped_key_{n}_bytes", "metadata Length", "IV, data key and tag have 60",
           v2(bytes(n)), v2_body(), says=["'x-amz-key-v2'", f"{n} bytes", "expected 60"])
    vector(f"v3_wrapped_key_{n}_bytes", "metadata Length", "IV, data key and tag have 60",
           v3(bytes(n)), v3_body(), says=["'x-amz-3'", f"{n} bytes", "expected 60"])
for n in [60, 128, 255, 1025]:
    vector(f"rsa_wrapped_key_{n}_bytes", "metadata Length", "no RSA key of 2048 to 8192 bits makes it",
           v3(bytes(n), "22"), v3_body(), key="rsa", says=["'x-amz-3'", f"{n} bytes", "256 to 1024"])
vector("rsa_wrapped_key_of_another_modulus", "key-wrap WrappedLength", "the key at hand has 2048 bits",
       v3(b"w" * 384, "22"), v3_body(), key="rsa", says=["384", "expected 256"])
for label, value in [("96", "96"), ("empty", ""), ("leading_zero", "0128"), ("space", "128 "), ("16", "16")]:
    vector(f"v2_tag_len_{label}", "metadata Value", "GCM's tag has 128 bits", OLD | {"x-amz-tag-len": value},
           v2_body(), says=["'x-amz-tag-len'", "expected 128"])
for label, value in [("unknown", "AES/CTR/NoPadding"), ("lower_case", "aes/gcm/nopadding"), ("empty", ""),
                     ("v3_name", "115")]:
    vector(f"v2_cek_alg_{label}", "metadata Value", "no such content algorithm",
           OLD | {"x-amz-cek-alg": value}, v2_body(), says=["'x-amz-cek-alg'", "AES/GCM/NoPadding"])
for label, value in [("unknown", "AES/XTS"), ("empty", ""), ("lower_case", "aes/gcm"), ("v3_code", "02"),
                     ("escape", "\u001b[2J")]:
    vector(f"v2_wrap_alg_{label}", "metadata Value", "an unknown wrap is never taken for none",
           v2(alg=value), v2_body(), says=["'x-amz-wrap-alg'", "AES/GCM, RSA-OAEP-SHA1, kms+context"])
for label, value in [("116", "116"), ("hex", "0x0073"), ("empty", ""), ("114", "114"), ("space", "115 ")]:
    vector(f"v3_c_{label}", "metadata Value", "no such content algorithm", NEW | {"x-amz-c": value},
           v3_body(), says=["'x-amz-c'", "115"])
for label, value in [("99", "99"), ("2", "2"), ("name", "AES/GCM"), ("empty", ""), ("01", "01")]:
    vector(f"v3_w_{label}", "metadata Value", "an unknown wrap is never taken for none",
           v3(alg=value), v3_body(), says=["'x-amz-w'", "02, 12, 22"])
for label, value in [("negative", "-1"), ("plus", "+14"), ("exponent", "1e3"), ("empty", ""), ("hex", "0x10"),
                     ("over_limit", str(2**36 - 31)), ("over_64_bits", "9" * 30), ("space", "14 ")]:
    vector(f"v2_length_{label}", "metadata Number", "a decimal number that can have been encrypted",
           OLD | {"x-amz-unencrypted-content-length": value}, v2_body(), says=["68719476704"])
for label, value in [
    ("not_json", "key=7"), ("array", '["key"]'), ("null", "null"), ("string", '"key"'), ("empty", ""),
    ("number_value", '{"key":7}'), ("null_value", '{"key":null}'), ("nested", '{"key":{"a":"b"}}'),
    ("array_value", '{"key":["7"]}'), ("bool_value", '{"key":true}'), ("float_value", '{"key":1.5}'),
    ("negative_value", '{"key":-7}'), ("duplicate", '{"key":"7","key":"8"}'),
    ("duplicate_escaped", '{"key":"7","\\u006bey":"8"}'), ("trailing", '{"key":"7"}x'),
    ("two_objects", "{}{}"), ("lone_surrogate", '{"key":"\\ud800"}'), ("cut", '{"key":"7'),
    ("deep", '{"a":' + "[" * 1000 + "]" * 1000 + "}"), ("too_long", '{"key":"' + "v" * 33000 + '"}'),
    ("too_many", compact({f"k{i}": "" for i in range(257)})),
]:
    vector(f"v2_matdesc_{label}", "metadata Description", "a flat object of strings, each name once",
           OLD | {"x-amz-matdesc": value}, v2_body(), says=["'x-amz-matdesc'"])
    if len(value) < 60:
        vector(f"v3_m_{label}", "metadata Description", "a flat object of strings, each name once",
               NEW | {"x-amz-m": value}, v3_body(), says=["'x-amz-m'"])
for label, value in [
    ("empty", " "), ("not_json", "x-amz-iv: AAAA"), ("array", "[]"),
    ("null_value", compact(OLD | {"x-amz-matdesc": None})), ("matdesc_object", compact(OLD | {"x-amz-matdesc": {"a": "b"}})),
    ("duplicate", compact(OLD)[:-1] + ',"x-amz-iv":"AAAA"}'), ("trailing", compact(OLD) + "x"),
    ("byte_order_mark", "\ufeff" + compact(OLD)), ("too_long", compact(OLD | {"pad": "p" * 66000})),
]:
    vector(f"file_{label}", "metadata InstructionFile", "a flat object of strings, each name once",
           {}, v2_body(), file=value, says=["instruction file"])
vector("file_of_nothing", "metadata MissingName", "an object, but no envelope", {}, v2_body(),
       file="{}", says=["'x-amz-key-v2'"])

# --- KMS context -------------------------------------------------------------------------------
for label, value in [("missing", "{}"), ("other", '{"aws:x-amz-cek-alg":"115"}'), ("cbc", '{"aws:x-amz-cek-alg":"AES/CBC/PKCS5Padding"}')]:
    vector(f"v2_context_algorithm_{label}", "metadata ContextAlgorithm", "the context binds the content algorithm",
           v2(b"w" * 180, "kms+context") | {"x-amz-matdesc": value}, v2_body(), says=["AES/GCM/NoPadding"])
for label, value in [("missing", "{}"), ("other", '{"aws:x-amz-cek-alg":"AES/GCM/NoPadding"}')]:
    vector(f"v3_context_algorithm_{label}", "metadata ContextAlgorithm", "the context binds the content algorithm",
           without(v3(b"w" * 180, "12"), "x-amz-m") | {"x-amz-t": value}, v3_body(), says=["115"])
vector("v3_context_absent", "metadata ContextAlgorithm", "the context binds the content algorithm",
       without(v3(b"w" * 180, "12"), "x-amz-m"), v3_body(), says=["115"])
vector("v3_kms_with_description", "metadata ForeignName", "KMS has a context instead", v3(b"w" * 180, "12"),
       v3_body(), says=["'x-amz-m'"])
vector("v3_aes_with_context", "metadata ForeignName", "only KMS has a context", NEW | {"x-amz-t": "{}"}, v3_body(),
       says=["'x-amz-t'"])
vector("v2_kms_with_aes_key", "key-wrap KeyDoesNotFit", "the materials are of another kind",
       v2(b"w" * 180, "kms+context") | {"x-amz-matdesc": '{"aws:x-amz-cek-alg":"AES/GCM/NoPadding"}'}, v2_body(),
       says=["kms+context", "AES key"])
vector("v3_kms_with_aes_key", "key-wrap KeyDoesNotFit", "the materials are of another kind",
       without(v3(b"w" * 180, "12"), "x-amz-m") | {"x-amz-t": '{"aws:x-amz-cek-alg":"115"}'}, v3_body(),
       says=["kms+context", "AES key"])

# --- key wraps ---------------------------------------------------------------------------------
vector("aes_key_on_rsa_wrap", "key-wrap KeyDoesNotFit", "an AES key is never tried on an RSA block",
       v2(rsa_wrap(V2), "RSA-OAEP-SHA1"), v2_body(), says=["RSA-OAEP-SHA1", "AES key"])
vector("rsa_key_on_aes_wrap", "key-wrap KeyDoesNotFit", "an RSA key is never tried on an AES wrap", NEW, v3_body(),
       key="rsa", says=["AES/GCM", "RSA key"])
vector("v2_wrong_key", "key-wrap NotAuthentic", "wrapped with another AES key",
       v2(aes_wrap(V2, key=OTHER_AES_KEY)), v2_body(), says=["AES/GCM"])
vector("v3_wrong_key", "key-wrap NotAuthentic", "wrapped with another AES key",
       v3(aes_wrap(V3, key=OTHER_AES_KEY)), v3_body(), says=["AES/GCM"])
vector("v2_wrap_bound_to_v3", "key-wrap NotAuthentic", "the wrap's AAD names the other content algorithm",
       v2(aes_wrap(V3)), v2_body())
vector("v3_wrap_bound_to_v2", "key-wrap NotAuthentic", "the wrap's AAD names the other content algorithm",
       v3(aes_wrap(V2)), v3_body())
vector("v3_wrap_bound_to_suite_bytes", "key-wrap NotAuthentic", "the binding is decimal text, not the suite's bytes",
       v3(aes_wrap(b"\x00\x73")), v3_body())
vector("v2_wrap_unbound", "key-wrap NotAuthentic", "the wrap has no AAD", v2(aes_wrap(None)), v2_body())
vector("rsa_garbage", "key-wrap NotAuthentic", "not an OAEP block", v3(b"\x01" * 256, "22"), v3_body(), key="rsa")
vector("rsa_beyond_modulus", "key-wrap NotAuthentic", "a number larger than the modulus", v3(b"\xff" * 256, "22"),
       v3_body(), key="rsa")
vector("rsa_oaep_sha256", "key-wrap NotAuthentic", "OAEP with another hash",
       v3(RSA.encrypt(b"\x20" + CEK + V3, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)), "22"),
       v3_body(), key="rsa")
vector("rsa_oaep_label", "key-wrap NotAuthentic", "OAEP with a label",
       v3(RSA.encrypt(b"\x20" + CEK + V3, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), b"115")), "22"),
       v3_body(), key="rsa")
vector("rsa_pkcs1_padding", "key-wrap NotAuthentic", "PKCS#1 v1.5 is for V1",
       v3(RSA.encrypt(b"\x20" + CEK + V3, padding.PKCS1v15()), "22"), v3_body(), key="rsa")
for label, payload, expect in [
    ("length_byte_16", b"\x10" + CEK + V3, "DataKeyLength"), ("length_byte_31", b"\x1f" + CEK + V3, "DataKeyLength"),
    ("length_byte_0", b"\x00" + CEK + V3, "DataKeyLength"), ("length_byte_255", b"\xff" + CEK + V3, "DataKeyLength"),
    ("aes_128_key", b"\x10" + CEK[:16] + V3, "DataKeyLength"), ("raw_key", CEK, "DataKeyLength"),
    ("empty", b"", "DataKeyLength"), ("cut", b"\x20" + CEK[:30], "DataKeyLength"),
    ("no_binding", b"\x20" + CEK, "Binding"), ("bound_to_v2", b"\x20" + CEK + V2, "Binding"),
    ("binding_cut", b"\x20" + CEK + b"11", "Binding"), ("binding_longer", b"\x20" + CEK + b"1150", "Binding"),
    ("binding_suite_bytes", b"\x20" + CEK + b"\x00\x73", "Binding"), ("binding_wrap_code", b"\x20" + CEK + b"22", "Binding"),
]:
    if payload[:1] == b"\x20" and expect == "DataKeyLength" and label == "raw_key":
        raise SystemExit("pick another data key: its first byte reads as a length")
    vector(f"rsa_payload_{label}", f"key-wrap {expect}", "the payload is 32, the data key, 115",
           v3(oaep(payload), "22"), v3_body(), key="rsa")
vector("rsa_payload_v2_bound_to_v3", "key-wrap Binding", "the payload is 32, the data key, AES/GCM/NoPadding",
       v2(rsa_wrap(V3), "RSA-OAEP-SHA1"), v2_body(), key="rsa", says=["AES/GCM/NoPadding"])
vector("rsa_payload_v2_binding_longer", "key-wrap Binding", "some clients compare only as far as the name goes",
       v2(rsa_wrap(V2 + b"!"), "RSA-OAEP-SHA1"), v2_body(), key="rsa")

# --- content -----------------------------------------------------------------------------------
vector("v3_commitment_zero", "content Commitment", "not the data key's", NEW | {"x-amz-d": b64(bytes(28))}, v3_body())
vector("v3_commitment_of_another_key", "content Commitment", "the file was swapped for another object's",
       v3(aes_wrap(V3, cek=OTHER_AES_KEY)), v3_body())
vector("v3_message_id_swapped", "content Commitment", "the commitment covers the message id",
       NEW | {"x-amz-i": b64(b"j" * 28)}, v3_body())
for n in [0, 1, 15]:
    vector(f"v2_body_{n}_bytes", "content ShorterThanTag", "no room for a tag", OLD, v2_body()[:n], says=[f"{n} bytes"])
    vector(f"v3_body_{n}_bytes", "content ShorterThanTag", "no room for a tag", NEW, v3_body()[:n], says=[f"{n} bytes"])
for label, old, new in [
    ("cut", v2_body()[:-1], v3_body()[:-1]), ("extended", v2_body() + b"\0", v3_body() + b"\0"),
    ("tag_only", v2_body()[-16:], v3_body()[-16:]), ("no_tag", v2_body()[:-16] + bytes(16), v3_body()[:-16] + bytes(16)),
    ("first_bit", bytes([v2_body()[0] ^ 1]) + v2_body()[1:], bytes([v3_body()[0] ^ 1]) + v3_body()[1:]),
    ("last_bit", v2_body()[:-1] + bytes([v2_body()[-1] ^ 1]), v3_body()[:-1] + bytes([v3_body()[-1] ^ 1])),
    ("aad", v2_body(aad=b"\x00\x73"), v3_body(aad=None)),
]:
    vector(f"v2_body_{label}", "content NotAuthentic", "the tag does not match", OLD, old)
    vector(f"v3_body_{label}", "content NotAuthentic", "the tag does not match", NEW, new)
vector("v2_iv_changed", "content NotAuthentic", "the tag does not match", OLD | {"x-amz-iv": b64(b"j" * 12)}, v2_body())
vector("v3_body_under_data_key", "content NotAuthentic", "the content key is derived, never the data key itself", NEW,
       v3_body(key=CEK))
vector("v3_body_other_iv", "content NotAuthentic", "the content IV is twelve times 01", NEW, v3_body(iv=IV))

envelope_legacy.add(sys.modules[__name__])

for stale in set(os.listdir("envelope")) - {f"{n}.toml" for n in made}:
    os.remove(f"envelope/{stale}")
print(len(made), "vectors")
