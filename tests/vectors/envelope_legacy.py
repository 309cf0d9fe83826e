"""Legacy objects for make-envelope.py: format V1, CBC content, wraps that bind nothing.

As the AWS SDK for Java 1.x, Ruby and Go wrote them, by `cryptography` alone.
"""

from cryptography.hazmat.primitives import hashes, padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

CBC = "AES/CBC/PKCS5Padding"
OAEP_SHA256 = "RSA/ECB/OAEPWithSHA-256AndMGF1Padding"
IV = b"content iv of 16"
READ = {"formats": ["V1", "V2", "V3"], "envelope": ["metadata", "instruction-file"], "legacy": "decrypt"}
ANY = READ | {"unauthenticated": "accept"}


def pkcs7(data):
    padder = block_padding.PKCS7(128).padder()
    return padder.update(data) + padder.finalize()


def run(cipher, mode, data):
    encryptor = Cipher(cipher, mode).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def add(g):
    """`g` is make-envelope.py."""
    vector, b64, without, compact = g.vector, g.b64, g.without, g.compact

    def body(plaintext=g.PLAINTEXT, padded=None, iv=IV):
        return run(algorithms.AES(g.CEK), modes.CBC(iv), padded if padded is not None else pkcs7(plaintext))

    def ecb(key=g.AES_KEY, payload=None):
        return run(algorithms.AES(key), modes.ECB(), payload if payload is not None else pkcs7(g.CEK))

    def pkcs1(payload=g.CEK):
        return g.RSA.encrypt(payload, padding.PKCS1v15())

    def oaep(mask, payload=g.CEK, hash=hashes.SHA256):
        return g.RSA.encrypt(payload, padding.OAEP(padding.MGF1(mask()), hash(), None))

    def v1(wrapped=None):
        return {"x-amz-key": b64(wrapped if wrapped is not None else ecb()), "x-amz-iv": b64(IV),
                "x-amz-matdesc": g.MATDESC}

    def gcm(wrapped, alg):
        return g.v2(wrapped, alg)

    def cbc(wrapped, alg, name=CBC):
        return without(g.v2(wrapped, alg), "x-amz-tag-len") | {"x-amz-cek-alg": name, "x-amz-iv": b64(IV)}

    def kms(context, name=CBC):
        return cbc(b"w" * 180, "kms", name) | {"x-amz-matdesc": context}

    aes_wrap = aes_key_wrap(g.AES_KEY, g.CEK)
    cmk = '{"kms_cmk_id":"arn:aws:kms:eu-west-1:111122223333:key/k"}'

    # --- opens ---------------------------------------------------------------------------------
    vector("v1_aes", "opens", "as the SDK for Java 1.x wrote it", v1(), body(), policy=ANY)
    for size, key in [(16, "aes16"), (24, "aes24")]:
        master = g.AES_KEY[:size]
        vector(f"v1_{key}", "opens", "master keys of every size", v1(ecb(master)), body(), key=key, policy=ANY)
        vector(f"v2_aeswrap_{key}", "opens", "master keys of every size",
               gcm(aes_key_wrap(master, g.CEK), "AESWrap"), g.v2_body(), key=key, policy=READ)
    vector("v1_rsa", "opens", "the key's kind tells the wrap", v1(pkcs1()), body(), key="rsa", policy=ANY)
    vector("v1_empty", "opens", "the body is one block of padding", v1(), body(b""), plaintext=b"", policy=ANY)
    for n in [15, 16, 17, 47, 48]:
        vector(f"v1_{n}_bytes", "opens", "around the block", v1(), body(b"p" * n), plaintext=b"p" * n, policy=ANY)
    vector("v1_empty_matdesc", "opens", "no description is an empty one", v1() | {"x-amz-matdesc": "{}"}, body(),
           description={}, policy=ANY)
    vector("v1_length", "opens", "the recorded length is only a hint",
           v1() | {"x-amz-unencrypted-content-length": "9999"}, body(), policy=ANY)
    vector("v1_length_beyond_gcm", "opens", "CBC's limit is another",
           v1() | {"x-amz-unencrypted-content-length": str(2**52)}, body(), policy=ANY)
    vector("v1_file", "opens", "Java copies the user's own metadata to the file, and leaves the length on the object",
           {"x-amz-unencrypted-content-length": "14", "owner": "me"}, body(),
           file=compact({"owner": "me"} | v1()), policy=ANY)
    vector("v1_file_rsa", "opens", "as the SDK for Java 1.x wrote it", {}, body(), file=compact(v1(pkcs1())),
           key="rsa", policy=ANY)
    vector("v2_aeswrap", "opens", "GCM under a legacy wrap", gcm(aes_wrap, "AESWrap"), g.v2_body(), policy=READ)
    vector("v2_oaep_sha256", "opens", "the mask is SHA-1's", gcm(oaep(hashes.SHA1), OAEP_SHA256), g.v2_body(),
           key="rsa", policy=READ)
    vector("v2_oaep_sha256_mask_sha256", "opens", "as BouncyCastle takes the name", gcm(oaep(hashes.SHA256), OAEP_SHA256),
           g.v2_body(), key="rsa", policy=READ)
    vector("v2_cbc_aeswrap", "opens", "CBC in a V2 envelope", cbc(aes_wrap, "AESWrap"), body(), policy=ANY)
    vector("v2_cbc_pkcs7_name", "opens", "Ruby reads this name too", cbc(aes_wrap, "AESWrap", "AES/CBC/PKCS7Padding"),
           body(), policy=ANY)
    vector("v2_cbc_file_go", "opens", "Go's length and empty tag length, in the file", {}, body(), policy=ANY,
           file=compact(cbc(aes_wrap, "AESWrap") | {"x-amz-tag-len": "", "x-amz-unencrypted-content-length": "14"}))
    vector("file_numbers", "opens", "Go reads numbers for lengths", {}, g.v2_body(), policy=g.FILES,
           file=compact(g.OLD | {"x-amz-tag-len": 128, "x-amz-unencrypted-content-length": 14}))
    raw = '{"key":"schlüssel €"}'
    sent = raw.encode().decode("latin-1")
    said = {"key": "schlüssel €"}
    vector("v2_matdesc_latin1", "opens", "raw UTF-8 that S3 took for Latin-1", g.OLD | {"x-amz-matdesc": sent},
           g.v2_body(), description=said)
    vector("v2_matdesc_encoded_word", "opens", "raw UTF-8 that S3 took for Latin-1 and gives back in RFC 2047's words",
           g.OLD | {"x-amz-matdesc": "=?UTF-8?B?" + b64(sent.encode()) + "?="}, g.v2_body(), description=said)
    vector("v3_m_encoded_word", "opens", "raw UTF-8 that S3 took for Latin-1 and gives back in RFC 2047's words",
           g.NEW | {"x-amz-m": "=?UTF-8?Q?" + "".join(
               chr(b) if b < 127 and chr(b) not in "=?_ " else f"={b:02X}" for b in sent.encode()) + "?="},
           g.v3_body(), description=said)
    vector("v2_matdesc_raw", "opens", "a store that changes nothing", g.OLD | {"x-amz-matdesc": raw}, g.v2_body(),
           description=said)
    vector("v2_matdesc_astral", "opens", "escaped, as it is written", g.OLD | {"x-amz-matdesc": '{"key":"\\ud83d\\udd11"}'},
           g.v2_body(), description={"key": "\U0001f511"})
    vector("v2_file_matdesc_not_undone", "opens", "a body arrives as it was sent", {}, g.v2_body(),
           file=g.json.dumps(g.OLD | {"x-amz-matdesc": sent}, ensure_ascii=False), description={"key": sent[8:-2]})

    # --- refused by the policy -------------------------------------------------------------------
    vector("v1", "metadata LegacyFormat", "the operator has not opted in", v1(), body(), says=["V1"], policy=g.ALL)
    vector("v1_not_accepted", "metadata FormatNotAllowed", "the policy reads V2 and V3", v1(), body(),
           says=["V1", "V2, V3"])
    vector("v1_not_accepted_with_opt_in", "metadata FormatNotAllowed", "the format is a setting of its own", v1(), body(),
           says=["V1", "V2, V3"], policy=ANY | {"formats": ["V2", "V3"]})
    vector("v1_file_refused", "metadata LegacyFormat", "the operator has not opted in", {}, body(), file=compact(v1()),
           says=["V1"], policy=g.ALL)
    vector("v1_unauthenticated", "metadata UnauthenticatedContent", "it takes two settings", v1(), body(), says=[CBC],
           policy=READ)
    vector("v1_unauthenticated_alone", "metadata LegacyFormat", "it takes two settings", v1(), body(), says=["V1"],
           policy=g.ALL | {"unauthenticated": "accept"})
    vector("v2_cbc_unauthenticated", "metadata UnauthenticatedContent", "it takes two settings",
           cbc(aes_wrap, "AESWrap"), body(), says=[CBC], policy=READ)
    for label, name in [("", CBC), ("_pkcs7", "AES/CBC/PKCS7Padding")]:
        vector(f"v2_cbc{label}", "metadata LegacyContentAlgorithm", "the operator has not opted in",
               cbc(aes_wrap, "AESWrap", name), body(), says=[CBC], policy=g.ALL)
    for label, name in [("aeswrap", "AESWrap"), ("oaep_sha256", OAEP_SHA256), ("kms", "kms")]:
        vector(f"v2_wrap_{label}", "metadata LegacyWrap", "GCM content under a legacy wrap",
               gcm(b"w" * 40, name), g.v2_body(), says=[name], policy=g.ALL)

    # --- envelope --------------------------------------------------------------------------------
    for name in ["x-amz-iv", "x-amz-matdesc"]:
        vector(f"v1_no_{name[6:]}", "metadata MissingName", "a required name is missing", without(v1(), name), body(),
               says=[f"'{name}'", "V1"], policy=ANY)
        vector(f"v1_file_no_{name[6:]}", "metadata MissingName", "a required name is missing", {}, body(), policy=ANY,
               says=[f"'{name}'", "instruction file"], file=compact(without(v1(), name)))
    for name, value in [("x-amz-cek-alg", CBC), ("x-amz-wrap-alg", "AESWrap"), ("x-amz-tag-len", "")]:
        vector(f"v1_with_{name[6:].replace('-', '_')}", "metadata ForeignName", "V1 names no algorithm",
               v1() | {name: value}, body(), says=[f"'{name}'", "V1"], policy=ANY)
    for name in ["x-amz-c", "x-amz-d", "x-amz-i", "x-amz-w"]:
        vector(f"v1_with_{name[6:]}", "metadata ForeignName", "V1 and V3 mixed", v1() | {name: g.NEW[name]}, body(),
               says=[f"'{name}'", "V1"], policy=ANY)
    for n in [0, 12, 15, 17]:
        vector(f"v1_iv_{n}_bytes", "metadata Length", "CBC's IV has 16", v1() | {"x-amz-iv": b64(b"i" * n)}, body(),
               says=["'x-amz-iv'", f"{n} bytes", "expected 16"], policy=ANY)
    vector("v2_cbc_iv_12_bytes", "metadata Length", "CBC's IV has 16",
           cbc(aes_wrap, "AESWrap") | {"x-amz-iv": b64(b"i" * 12)}, body(), says=["expected 16"], policy=ANY)
    for n in [0, 32, 47, 1025]:
        vector(f"v1_wrapped_key_{n}_bytes", "metadata Length", "no V1 wrap makes it", v1(bytes(n)), body(),
               says=["'x-amz-key'", f"{n} bytes"], policy=ANY)
    for n in [39, 41]:
        vector(f"v2_aeswrap_{n}_bytes", "metadata Length", "data key and check value have 40",
               gcm(bytes(n), "AESWrap"), g.v2_body(), says=[f"{n} bytes", "expected 40"], policy=READ)
    for label, value in [("128", "128"), ("0", "0"), ("space", " ")]:
        vector(f"v2_cbc_tag_len_{label}", "metadata Value", "CBC has no tag",
               cbc(aes_wrap, "AESWrap") | {"x-amz-tag-len": value}, body(), says=["'x-amz-tag-len'"], policy=ANY)
    vector("v1_length_over_limit", "metadata Number", "more than CBC may encrypt", policy=ANY, body=body(),
           metadata=v1() | {"x-amz-unencrypted-content-length": str(2**52 + 1)}, says=[str(2**52)])
    for label, wrapped, alg in [("aes", g.OLD["x-amz-key-v2"], "AES/GCM"), ("rsa", b64(g.rsa_wrap(g.V2)), "RSA-OAEP-SHA1"),
                                ("kms", b64(b"w" * 180), "kms+context")]:
        vector(f"v2_cbc_under_{label}", "metadata WrapDoesNotFit", "GCM's envelope turned into CBC's",
               cbc(b"", alg) | {"x-amz-key-v2": wrapped}, body(), key="rsa" if label == "rsa" else "aes",
               says=[alg, CBC], policy=ANY)
    for label, context in [("absent", "{}"), ("empty", '{"kms_cmk_id":""}'), ("other", '{"KMS_CMK_ID":"k"}')]:
        vector(f"v2_kms_key_id_{label}", "metadata NoKmsKeyId", "the key must be known before KMS is asked",
               kms(context), body(), says=["kms_cmk_id"], policy=ANY)
    vector("v2_kms_bound_context", "metadata BoundContext", "kms+context turned into kms",
           kms('{"kms_cmk_id":"k","aws:x-amz-cek-alg":"AES/GCM/NoPadding"}'), body(), says=["AES/GCM/NoPadding"],
           policy=ANY)
    for label, name in [("cbc", CBC), ("gcm", "AES/GCM/NoPadding")]:
        envelope = kms(cmk) if name == CBC else gcm(b"w" * 180, "kms") | {"x-amz-matdesc": cmk}
        vector(f"v2_kms_{label}_with_aes_key", "key-wrap KeyDoesNotFit", "the materials are of another kind", envelope,
               body(), says=["kms", "AES key"], policy=ANY)
    vector("file_number_elsewhere", "metadata InstructionFile", "only lengths may be numbers", {}, g.v2_body(),
           file=compact(g.OLD | {"x-amz-matdesc": 7}), says=["'x-amz-matdesc'"], policy=g.FILES)
    for label, value in [("negative", -128), ("float", 128.0), ("other", 96)]:
        kind = "Value" if label == "other" else "InstructionFile"
        vector(f"file_number_{label}", f"metadata {kind}", "GCM's tag has 128 bits", {}, g.v2_body(),
               file=compact(g.OLD | {"x-amz-tag-len": value}), says=["'x-amz-tag-len'"], policy=g.FILES)
    vector("v2_matdesc_encoded_word_not_base64", "metadata Description", "not an encoded word",
           g.OLD | {"x-amz-matdesc": "=?UTF-8?B?!?="}, g.v2_body(), says=["'x-amz-matdesc'"])

    # --- key wraps -------------------------------------------------------------------------------
    vector("v1_wrong_key", "key-wrap NotAuthentic", "wrapped with another AES key", v1(ecb(g.OTHER_AES_KEY)), body(),
           says=["V1"], policy=ANY)
    vector("v1_unpadded", "key-wrap NotAuthentic", "the last block is padding", v1(ecb(payload=g.CEK + bytes(16))),
           body(), policy=ANY)
    for n in [49, 64, 256]:
        vector(f"v1_aes_{n}_bytes", "key-wrap WrappedLength", "an AES key makes 48", v1(bytes(n)), body(),
               says=[f"{n} bytes", "expected 48"], policy=ANY)
    vector("v1_rsa_48_bytes", "key-wrap WrappedLength", "an RSA key of 2048 bits makes 256", v1(), body(), key="rsa",
           says=["48 bytes", "expected 256"], policy=ANY)
    for label, wrapped in [("garbage", b"\x01" * 256), ("beyond_modulus", b"\xff" * 256), ("oaep", oaep(hashes.SHA1)),
                           ("no_data", pkcs1(b"")), ("31_bytes", pkcs1(g.CEK[:31])), ("33_bytes", pkcs1(g.CEK + b"\0")),
                           ("16_bytes", pkcs1(g.CEK[:16]))]:
        vector(f"v1_rsa_{label}", "key-wrap NotAuthentic", "one error for every reason", v1(wrapped), body(), key="rsa",
               says=["data key wrapped with the nameless wrap of V1 is not authentic under this key"], policy=ANY)
    vector("v2_aeswrap_wrong_key", "key-wrap NotAuthentic", "wrapped with another AES key",
           gcm(aes_key_wrap(g.OTHER_AES_KEY, g.CEK), "AESWrap"), g.v2_body(), says=["AESWrap"], policy=READ)
    vector("v2_aeswrap_rsa_key", "key-wrap KeyDoesNotFit", "an RSA key is never tried on an AES wrap",
           gcm(aes_wrap, "AESWrap"), g.v2_body(), key="rsa", says=["AESWrap", "RSA key"], policy=READ)
    vector("v2_oaep_sha256_aes_key", "key-wrap KeyDoesNotFit", "an AES key is never tried on an RSA block",
           gcm(oaep(hashes.SHA1), OAEP_SHA256), g.v2_body(), says=[OAEP_SHA256, "AES key"], policy=READ)
    for label, wrapped in [("hash_sha1", oaep(hashes.SHA1, hash=hashes.SHA1)), ("mask_sha512", oaep(hashes.SHA512)),
                           ("pkcs1", pkcs1()), ("garbage", b"\x01" * 256)]:
        vector(f"v2_oaep_sha256_{label}", "key-wrap NotAuthentic", "another padding", gcm(wrapped, OAEP_SHA256),
               g.v2_body(), key="rsa", says=[OAEP_SHA256], policy=READ)
    for n in [0, 16, 31, 33, 50]:
        vector(f"v2_oaep_sha256_payload_{n}_bytes", "key-wrap DataKeyLength", "the payload is the data key alone",
               gcm(oaep(hashes.SHA1, (g.CEK * 2)[:n]), OAEP_SHA256), g.v2_body(), key="rsa", says=[f"{n} bytes"],
               policy=READ)

    # --- content ---------------------------------------------------------------------------------
    for n in [0, 1, 15, 17, 31]:
        vector(f"v1_body_{n}_bytes", "content NotWholeBlocks", "whole blocks, at least one", v1(), body(b"p" * 40)[:n],
               says=[f"{n} bytes"], policy=ANY)
    for label, last in [("0", b"p" * 15 + b"\0"), ("17", b"p" * 15 + b"\x11"), ("255", b"p" * 15 + b"\xff"),
                        ("uneven", b"p" * 13 + b"\x02\x03\x03"), ("first_of_16", b"\x0f" + b"\x10" * 15)]:
        vector(f"v1_padding_{label}", "content Padding", "one error for every reason", v1(), body(padded=b"q" * 16 + last),
               says=["content does not decrypt"], policy=ANY)
    vector("v1_other_data_key", "content Padding", "garbage, and no padding", v1(ecb(payload=pkcs7(g.OTHER_AES_KEY))),
           body(), policy=ANY)
    vector("v2_gcm_as_cbc", "content NotWholeBlocks", "a GCM body is no CBC body", cbc(aes_wrap, "AESWrap"), g.v2_body(),
           policy=ANY)
