//! A provider library whose classes misbehave on purpose, one misbehaviour each, so that a host
//! can be shown to survive it. Beside them a few that behave well, for tests that need a provider.
//!
//! A misbehaving class builds like any other, answers `status` like any other, and shows its
//! misbehaviour in `materials_for_encrypt` and `materials_for_decrypt`, or in `tls_artifacts` when its
//! name begins with `Tls`; unless its name says where else.
//!
//! | class `provost.hostile.…` | what it does |
//! |---|---|
//! | `PanicInNew`, `PanicInCall`, `PanicInDrop` | panics there |
//! | `Abort`, `Segfault`, `Exit` | ends the process: SIGABRT, SIGSEGV, `exit(0)` |
//! | `Hang`, `HangInNew` | never answers |
//! | `MemoryBomb` | allocates until it is stopped |
//! | `ShortKey` | a key of 15 bytes |
//! | `ZeroKey` | a key of 32 zero bytes |
//! | `WrongAlgorithm` | `AES/CBC/PKCS5Padding` |
//! | `ChangingKey` | another key in each call, under one description |
//! | `ForgetfulKey` | a key that only this instance has ever known |
//! | `HugeDescription` | a description of `bytes` bytes, 1 MiB if not set |
//! | `NotUtf8Description` | a description whose value is the bytes FF FE |
//! | `NoisyError` | an error of 1 MiB full of control characters and ANSI escapes |
//! | `FloodStdout` | writes `bytes` bytes to stdout, 16 MiB if not set, then answers well |
//! | `Good` | an AES key derived from `seed`, description `{"k":"1"}` |
//! | `Slow` | sleeps `ms` milliseconds, then as `Good` |
//! | `Together` | as `Good`, once `calls` calls for encryption are inside, 2 if not set |
//! | `Held` | a key that it keeps to itself: generates, wraps and unwraps with `AES/GCM`; wraps under the version that `version.file` names |
//! | `Rotating` | a key for each generation up to `generation`, chosen by the description |
//! | `NoDescription` | the same, with an empty description; newest first on decryption |
//! | `Echo` | as `Good`, described by the request's description and attributes |
//! | `Leak` | says its `password` in logs, on stdout and stderr, and where `place` says |
//! | `Away` | as `Good`, but `Unavailable` for decryption while the file `while` exists |
//! | `PanicOnDecrypt` | as `Good`, but panics when it is asked to decrypt |
//! | `TlsGood` | the artifacts in the files `private_key`, `certificate_chain` and `trusted_certificates`; blocks with nothing in them for those not set |
//! | `TlsOtherKey` | the same, with the private key in `other.private_key` |
//! | `TlsChangingLeaf` | the same, and in every second call those in `other.private_key` and so on |
//! | `TlsHalf` | a private key and an empty chain |
//! | `TlsHuge` | `bytes` bytes of PEM, 100 MiB if not set, in `field`: `private_key`, `certificate_chain` (if not set) or `trusted_certificates` |
//! | `TlsPanic`, `TlsHang` | panics, never answers |
//! | `TlsNotPem` | DER, HTML and zero bytes |
//! | `TlsNoisyError` | as `NoisyError` |
//! | `TlsNoisyGeneration` | as `TlsGood`, under a generation of 4 KiB full of control characters |
//! | `TlsPicky` | as `TlsGood`, for the node `node` of the cluster `cluster`; not found for others |

mod asked;
mod crash;
mod flood;
mod good;
mod held;
mod hostile;
mod reading;
mod rotating;
mod tls;
mod tls_wrong;
mod wrong;

use provost_plugin_api::export_providers;

use asked::{Echo, Leak};
use crash::{
    Abort, Exit, Hang, HangInNew, MemoryBomb, PanicInCall, PanicInDrop, PanicInNew, Segfault,
};
use flood::{FloodStdout, NoisyError};
use good::{Good, Slow, Together};
use held::Held;
use hostile::Hostile;
use reading::{Away, PanicOnDecrypt};
use rotating::{NoDescription, Rotating};
use tls::{HostileTls, TlsGood, TlsPicky};
use tls_wrong::{
    TlsChangingLeaf, TlsHalf, TlsHang, TlsHuge, TlsNoisyError, TlsNoisyGeneration, TlsNotPem,
    TlsOtherKey, TlsPanic,
};
use wrong::{
    ChangingKey, ForgetfulKey, HugeDescription, NotUtf8Description, ShortKey, WrongAlgorithm,
    ZeroKey,
};

export_providers! {
    materials "provost.hostile.PanicInNew" => Hostile<PanicInNew>;
    materials "provost.hostile.PanicInCall" => Hostile<PanicInCall>;
    materials "provost.hostile.PanicInDrop" => Hostile<PanicInDrop>;
    materials "provost.hostile.Abort" => Hostile<Abort>;
    materials "provost.hostile.Segfault" => Hostile<Segfault>;
    materials "provost.hostile.Exit" => Hostile<Exit>;
    materials "provost.hostile.Hang" => Hostile<Hang>;
    materials "provost.hostile.HangInNew" => Hostile<HangInNew>;
    materials "provost.hostile.MemoryBomb" => Hostile<MemoryBomb>;
    materials "provost.hostile.ShortKey" => Hostile<ShortKey>;
    materials "provost.hostile.ZeroKey" => Hostile<ZeroKey>;
    materials "provost.hostile.WrongAlgorithm" => Hostile<WrongAlgorithm>;
    materials "provost.hostile.ChangingKey" => Hostile<ChangingKey>;
    materials "provost.hostile.ForgetfulKey" => Hostile<ForgetfulKey>;
    materials "provost.hostile.HugeDescription" => Hostile<HugeDescription> {
        conf: ["bytes" () "how long the description is; 1 MiB when absent"],
    };
    materials "provost.hostile.NotUtf8Description" => Hostile<NotUtf8Description>;
    materials "provost.hostile.NoisyError" => Hostile<NoisyError>;
    materials "provost.hostile.FloodStdout" => Hostile<FloodStdout> {
        conf: ["bytes" () "how much it writes; 16 MiB when absent"],
    };
    materials "provost.hostile.Good" => Good {
        conf: ["seed" () "what the key is derived from; `provost` when absent"],
    };
    materials "provost.hostile.Slow" => Slow {
        conf: [
            "ms" () "how long each call takes, in milliseconds; 100 when absent",
            "seed" () "what the key is derived from; `provost` when absent",
        ],
    };
    materials "provost.hostile.Together" => Together {
        conf: [
            "calls" () "how many calls for encryption are answered together; 2 when absent",
            "seed" () "what the key is derived from; `provost` when absent",
        ],
    };
    materials "provost.hostile.Held" => Held {
        conf: [
            "seed" () "what the key is derived from; `provost` when absent",
            "version.file" () "a file with the key version of new wraps; `lost`, `each`, `empty`, `panic` and `denied` misbehave; 1 when absent",
        ],
        needs: [files],
    };
    materials "provost.hostile.Rotating" => Rotating {
        conf: [
            "generation" () "the newest generation, at least 1; 1 when absent",
            "generation.file" () "a file that says so instead; read again by refresh",
            "seed" () "what the keys are derived from; `provost` when absent",
        ],
        needs: [files],
    };
    materials "provost.hostile.NoDescription" => NoDescription {
        conf: [
            "generation" () "the newest generation, 1 to 8; 1 when absent",
            "generation.file" () "a file that says so instead; read again by refresh",
            "seed" () "what the keys are derived from; `provost` when absent",
        ],
        needs: [files],
    };
    materials "provost.hostile.Echo" => Echo {
        conf: ["seed" () "what the key is derived from; `provost` when absent"],
    };
    materials "provost.hostile.Leak" => Hostile<Leak> {
        conf: [
            "password" (required, secret) "what it leaks",
            "place" () "new, error, panic, algorithm, description or wrap-algorithm; error when absent",
        ],
    };
    materials "provost.hostile.Away" => Away {
        conf: [
            "while" (required) "the file that keeps it away",
            "seed" () "what the key is derived from; `provost` when absent",
        ],
        needs: [files],
    };
    materials "provost.hostile.PanicOnDecrypt" => PanicOnDecrypt {
        conf: ["seed" () "what the key is derived from; `provost` when absent"],
    };
    tls "provost.hostile.TlsGood" => TlsGood {
        conf: [
            "private_key" () "the private key's file",
            "certificate_chain" () "the chain's file",
            "trusted_certificates" () "the trusted certificates' file; none when absent",
        ],
        needs: [files],
    };
    tls "provost.hostile.TlsOtherKey" => HostileTls<TlsOtherKey> {
        conf: [
            "private_key" () "the private key's file",
            "certificate_chain" () "the chain's file",
            "trusted_certificates" () "the trusted certificates' file; none when absent",
            "other.private_key" (required) "the file of the key that it returns",
        ],
        needs: [files],
    };
    tls "provost.hostile.TlsChangingLeaf" => HostileTls<TlsChangingLeaf> {
        conf: [
            "private_key" () "the private key's file",
            "certificate_chain" () "the chain's file",
            "trusted_certificates" () "the trusted certificates' file; none when absent",
            "other.private_key" (required) "the other private key's file",
            "other.certificate_chain" (required) "the other chain's file",
            "other.trusted_certificates" () "the other trusted certificates' file; none when absent",
        ],
        needs: [files],
    };
    tls "provost.hostile.TlsHalf" => HostileTls<TlsHalf>;
    tls "provost.hostile.TlsHuge" => HostileTls<TlsHuge> {
        conf: [
            "bytes" () "how large the field is; 100 MiB when absent",
            "field" () "private_key, certificate_chain or trusted_certificates; certificate_chain when absent",
        ],
    };
    tls "provost.hostile.TlsPanic" => HostileTls<TlsPanic>;
    tls "provost.hostile.TlsHang" => HostileTls<TlsHang>;
    tls "provost.hostile.TlsNotPem" => HostileTls<TlsNotPem>;
    tls "provost.hostile.TlsNoisyError" => HostileTls<TlsNoisyError>;
    tls "provost.hostile.TlsNoisyGeneration" => HostileTls<TlsNoisyGeneration>;
    tls "provost.hostile.TlsPicky" => TlsPicky {
        conf: [
            "node" (required) "the name of the node",
            "cluster" (required) "the id of the cluster",
            "private_key" () "the private key's file",
            "certificate_chain" () "the chain's file",
            "trusted_certificates" () "the trusted certificates' file; none when absent",
        ],
        needs: [files],
    };
}
