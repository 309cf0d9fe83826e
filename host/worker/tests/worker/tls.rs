//! TLS artifacts through a worker: the largest answers there are.

use provost_plugin_api::{RawTlsArtifacts, TlsRequest};
use provost_worker::{Answer, Request, Worker, WorkerError, WorkerFailure};

use super::Tests;
use super::setup::{AMPLE, call, spec, started, status, worker};

pub(crate) const TESTS: Tests = &[
    ("tls_artifacts_arrive_whole", whole),
    ("each_field_may_be_as_large_as_its_limit", at_the_limits),
    (
        "a_hundred_megabytes_of_pem_are_refused_where_they_were_made",
        huge,
    ),
];

fn artifacts(worker: &Worker) -> Result<RawTlsArtifacts, WorkerError> {
    let request = TlsRequest::new(call(), vec!["node".into()], Some("j-1".into()));
    let answer = worker.call(Request::TlsArtifacts(&request), AMPLE)?;
    match answer.unwrap() {
        Answer::TlsArtifacts(artifacts) => Ok(artifacts),
        other => panic!("{other:?}"),
    }
}

fn whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut good = spec("TlsGood");
    for key in ["private_key", "certificate_chain", "trusted_certificates"] {
        let path = folder.path().join(key);
        std::fs::write(&path, key).unwrap();
        good.conf = good.conf.with(key, path.to_str().unwrap());
    }
    let found = artifacts(&started(good)).unwrap();
    assert_eq!(found.private_key.secret_bytes(), b"private_key");
    assert_eq!(found.certificate_chain, b"certificate_chain");
    let trusted = found.trusted_certificates.as_deref();
    assert_eq!(trusted, Some(&b"trusted_certificates"[..]));
    assert_eq!(found.generation, "1");
    // The node and the cluster are told.
    let mut picky = spec("TlsPicky");
    picky.conf = picky.conf.with("node", "node").with("cluster", "j-1");
    artifacts(&started(picky)).unwrap();
}

fn sized(field: &str, bytes: usize) -> Worker {
    let mut huge = spec("TlsHuge");
    huge.conf = huge
        .conf
        .with("field", field)
        .with("bytes", bytes.to_string());
    started(huge)
}

fn at_the_limits() {
    let key = artifacts(&sized("private_key", 1 << 20)).unwrap();
    assert_eq!(key.private_key.len(), 1 << 20);
    let chain = artifacts(&sized("certificate_chain", 4 << 20)).unwrap();
    assert_eq!(chain.certificate_chain.len(), 4 << 20);
    let trusted = artifacts(&sized("trusted_certificates", 4 << 20)).unwrap();
    assert_eq!(trusted.trusted_certificates.unwrap().len(), 4 << 20);
}

fn huge() {
    let worker = worker("TlsHuge");
    let process = worker.process_id();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    for _ in 0..2 {
        let error = artifacts(&worker).unwrap_err();
        let place = "class `provost.hostile.TlsHuge` of `libprovost_hostile_provider.so`, in \
                     tls_artifacts: ";
        assert!(error.to_string().starts_with(place), "{error}");
        let expected = WorkerFailure::Protocol {
            what: "`certificate chain` has 104857600 bytes, at most 4194304 are allowed".to_owned(),
        };
        assert_eq!(error.failure, expected);
    }
    // Of this process. What an answer at its limits takes is 13 MiB.
    let grown = peak().saturating_sub(before);
    assert!(grown < 13 << 10, "{grown} KiB");
    assert!(status(&worker).unwrap().healthy);
    assert_eq!(worker.process_id(), process);
}

/// The most memory that this process has had at once, in KiB, since it was last reset.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}
