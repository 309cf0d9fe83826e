//! What is sent arrives as it was, and nothing that arrives can do harm.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use provost_plugin_api::host::limits;
use provost_plugin_api::{
    Attributes, Call, DecryptRequest, EncryptRequest, ErrorKind, GenerateRequest,
    MaterialsDescription, ProviderError, Purpose, RawKey, RawMaterials, RawTlsArtifacts,
    SecretBytes, Status, TlsRequest, UnwrapRequest, WrapRequest, Wrapped,
};

use super::{AnswerFrame, Failure, OwnedRequest, Ready, RequestFrame, WireAnswer};
use crate::frame::{self, FRAME_LIMIT, FrameError, TLS_FRAME_LIMIT};
use crate::{Answer, Request};

fn attributes() -> Attributes {
    let mut attributes = Attributes::new();
    attributes.push(Attributes::OBJECT_URI, "file:///ü");
    attributes.push_secret("token", SecretBytes::copy_from(b"s\0t"));
    attributes
}

fn call() -> Call {
    let mut call = Call::new("id-1", Duration::ZERO);
    call.attributes = attributes();
    call
}

fn description() -> MaterialsDescription {
    MaterialsDescription::new().with("k", "1").with("ä", "")
}

const LEFT: Duration = Duration::from_millis(1234);

/// What the worker gets. Compared as text, in which secrets show their length alone; their bytes
/// are compared apart.
fn sent(request: &Request<'_>) -> OwnedRequest {
    let frame = RequestFrame::new(7, request, LEFT).unwrap();
    let frame = frame::encode(&frame, FRAME_LIMIT).unwrap();
    let received: RequestFrame<'_> = frame::decode(&frame[4..]).unwrap();
    assert_eq!(received.sequence, 7);
    received.into_owned().unwrap()
}

fn same(sent: &impl std::fmt::Debug, received: &impl std::fmt::Debug) {
    let sent = format!("{sent:?}").replace("remaining: 0ns", &format!("remaining: {LEFT:?}"));
    assert_eq!(sent, format!("{received:?}"));
}

#[test]
fn every_request_arrives_as_it_was_with_the_time_left() {
    let r = EncryptRequest::new(call(), Purpose::LocalDisk).with_description(Some(description()));
    let OwnedRequest::Encrypt(got) = sent(&Request::MaterialsForEncrypt(&r)) else {
        panic!()
    };
    same(&r, &got);
    let token = got.call.attributes.get_secret("token").unwrap();
    assert_eq!(token.secret_bytes(), b"s\0t");
    let r = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM");
    let OwnedRequest::Decrypt(got) = sent(&Request::MaterialsForDecrypt(&r)) else {
        panic!()
    };
    same(&r, &got);
    let r = GenerateRequest::new(call(), "key", "AES/GCM", b"aad");
    let OwnedRequest::Generate(got) = sent(&Request::GenerateDataKey(&r)) else {
        panic!()
    };
    same(&r, &got);
    let r = WrapRequest::new(
        call(),
        "key",
        "AES/GCM",
        SecretBytes::copy_from(b"cek"),
        b"aad",
    );
    let OwnedRequest::Wrap(got) = sent(&Request::Wrap(&r)) else {
        panic!()
    };
    same(&r, &got);
    assert_eq!(got.plaintext, r.plaintext);
    let r = UnwrapRequest::new(call(), "key", "RSA-OAEP-SHA1", b"wrapped", b"")
        .with_description(Some(description()));
    let OwnedRequest::Unwrap(got) = sent(&Request::Unwrap(&r)) else {
        panic!()
    };
    same(&r, &got);
    let r = TlsRequest::new(call(), vec!["a".into(), "b".into()], Some("j-1".into()));
    let OwnedRequest::Tls(got) = sent(&Request::TlsArtifacts(&r)) else {
        panic!()
    };
    same(&r, &got);
    let call = call();
    let OwnedRequest::Refresh(got) = sent(&Request::Refresh(&call)) else {
        panic!()
    };
    same(&call, &got);
    let OwnedRequest::Status(got) = sent(&Request::Status(&call)) else {
        panic!()
    };
    same(&call, &got);
}

fn answered(answer: &Answer) -> Answer {
    let answer = Ok(WireAnswer::lend(answer).unwrap());
    let frame = frame::encode(
        &AnswerFrame {
            sequence: 9,
            answer,
        },
        FRAME_LIMIT,
    )
    .unwrap();
    let received: AnswerFrame<'_> = frame::decode(&frame[4..]).unwrap();
    assert_eq!(received.sequence, 9);
    let Ok(answer) = received.answer else {
        panic!()
    };
    answer.into_owned().unwrap()
}

fn materials(key: RawKey) -> RawMaterials {
    let mut materials = RawMaterials::new(key).with_description(description());
    materials.generation = "g".into();
    materials.algorithm = "other".into();
    materials.attributes = attributes();
    materials
}

fn every_key() -> Vec<RawKey> {
    let secret = || SecretBytes::copy_from(&[0, 1, 2, 255]);
    vec![
        RawKey::Symmetric(secret()),
        RawKey::Rsa {
            public: vec![1, 2],
            private: Some(secret()),
        },
        RawKey::Rsa {
            public: vec![],
            private: None,
        },
        RawKey::Kms {
            key_id: "arn".into(),
        },
        RawKey::ProviderHeld {
            key_id: "k".into(),
            wrap_algorithm: "AES/GCM".into(),
        },
    ]
}

#[test]
fn every_answer_arrives_as_it_was() {
    let mut wrapped = Wrapped::new(vec![3; 60]).with_description(description());
    wrapped.attributes = attributes();
    let mut status = Status::unhealthy("3", "tired");
    status.attributes = attributes();
    let mut tls = RawTlsArtifacts::from_pem(SecretBytes::copy_from(b"key"), b"chain".to_vec())
        .with_trusted_certificates(b"trust".to_vec())
        .with_generation("4");
    tls.attributes = attributes();
    let mut answers = vec![
        Answer::Refreshed,
        Answer::Status(status),
        Answer::Candidates(every_key().into_iter().map(materials).collect()),
        Answer::Wrapped(wrapped),
        Answer::DataKey(SecretBytes::copy_from(b"plain"), Wrapped::new(vec![])),
        Answer::Unwrapped(SecretBytes::copy_from(b"plain")),
        Answer::TlsArtifacts(tls),
    ];
    answers.extend(
        every_key()
            .into_iter()
            .map(materials)
            .map(Answer::Materials),
    );
    for answer in &answers {
        assert_eq!(format!("{answer:?}"), format!("{:?}", answered(answer)));
    }
    let Answer::Materials(m) = answered(&answers[7]) else {
        panic!()
    };
    let RawKey::Symmetric(key) = m.key else {
        panic!()
    };
    assert_eq!(key.secret_bytes(), [0, 1, 2, 255]);
}

#[test]
fn no_candidate_and_too_many_are_malformed() {
    for count in [0, 9] {
        let all = (0..count).map(|_| RawMaterials::kms("k")).collect();
        let answer = Answer::Candidates(all);
        assert!(WireAnswer::lend(&answer).unwrap().into_owned().is_err());
    }
}

#[test]
fn every_kind_of_error_arrives_as_it_was() {
    use ErrorKind::{
        Configuration, Denied, Internal, NotFound, Rejected, Throttled, Unavailable, Unsupported,
    };
    for kind in [
        Configuration,
        NotFound,
        Denied,
        Unavailable,
        Throttled,
        Rejected,
        Unsupported,
        Internal,
    ] {
        let error = ProviderError::new(kind, "why")
            .at_key("key")
            .retry_after(Duration::from_secs(2))
            .with_attributes(attributes());
        let frame = Ready::NotBuilt(Failure::Provider((&error).into()));
        let frame = frame::encode(&frame, FRAME_LIMIT).unwrap();
        let Ready::NotBuilt(Failure::Provider(got)) = frame::decode(&frame[4..]).unwrap() else {
            panic!()
        };
        assert_eq!(format!("{error:?}"), format!("{:?}", got.into_owned()));
    }
}

#[test]
fn a_frame_is_refused_above_the_limit_before_anything_is_allocated() {
    let (host, worker) = std::os::unix::net::UnixStream::pair().unwrap();
    frame::write(&worker, &u32::MAX.to_le_bytes(), None).unwrap();
    let until = Some(Instant::now() + Duration::from_secs(5));
    let Err(FrameError::Malformed(text)) = frame::read(&host, 1000, until) else {
        panic!()
    };
    assert_eq!(
        text,
        "a frame of 4294967295 bytes, at most 1000 are allowed"
    );
    let secret = SecretBytes::new(vec![0; 2000]);
    let answer = Answer::Unwrapped(secret);
    let answer = Ok(WireAnswer::lend(&answer).unwrap());
    let encoded = frame::encode(
        &AnswerFrame {
            sequence: 0,
            answer,
        },
        1000,
    );
    assert!(matches!(encoded, Err(FrameError::Malformed(_))));
}

#[test]
fn the_largest_tls_artifacts_that_a_provider_may_return_fit_into_their_frame() {
    let pem = |size| vec![b'x'; size];
    let mut tls = RawTlsArtifacts::from_pem(
        SecretBytes::new(pem(limits::PRIVATE_KEY)),
        pem(limits::CERTIFICATES),
    )
    .with_trusted_certificates(pem(limits::CERTIFICATES))
    .with_generation("g".repeat(limits::NAME));
    for _ in 0..limits::ATTRIBUTES {
        tls.attributes
            .push("n".repeat(limits::NAME), pem(limits::ATTRIBUTE));
    }
    let answer = Answer::TlsArtifacts(tls);
    let answer = Ok(WireAnswer::lend(&answer).unwrap());
    let frame = AnswerFrame {
        sequence: u64::MAX,
        answer,
    };
    let frame = frame::encode(&frame, TLS_FRAME_LIMIT).unwrap();
    let received: AnswerFrame<'_> = frame::decode(&frame[4..]).unwrap();
    let Ok(Answer::TlsArtifacts(got)) = received.answer.map(|a| a.into_owned().unwrap()) else {
        panic!()
    };
    assert_eq!(got.private_key.len(), limits::PRIVATE_KEY);
    assert_eq!(got.certificate_chain.len(), limits::CERTIFICATES);
}

#[test]
fn bytes_after_a_frame_or_within_it_are_refused() {
    let (host, worker) = std::os::unix::net::UnixStream::pair().unwrap();
    frame::write(&worker, &[1, 0, 0, 0, 7, 8], None).unwrap();
    assert!(matches!(
        frame::read(&host, 100, None),
        Err(FrameError::Malformed(_))
    ));
    assert!(matches!(
        frame::decode::<u8>(&[7, 8]),
        Err(FrameError::Malformed(_))
    ));
}

#[test]
fn a_frame_that_comes_in_pieces_is_read_whole_and_one_that_does_not_come_is_late() {
    let (host, worker) = std::os::unix::net::UnixStream::pair().unwrap();
    let body: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend(&body);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for piece in [&bytes[..2], &bytes[2..7], &bytes[7..5000], &bytes[5000..]] {
                frame::write(&worker, piece, None).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let until = Some(Instant::now() + Duration::from_secs(5));
        assert_eq!(*frame::read(&host, 1 << 20, until).unwrap(), body);
    });
    let until = Some(Instant::now() + Duration::from_millis(10));
    assert!(matches!(
        frame::read(&host, 100, until),
        Err(FrameError::Late)
    ));
    drop(worker);
    assert!(matches!(
        frame::read(&host, 100, None),
        Err(FrameError::Closed)
    ));
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(frame) = frame::decode::<AnswerFrame<'_>>(&bytes)
            && let Ok(answer) = frame.answer
        {
            let _ = answer.into_owned();
        }
        let _ = frame::decode::<Ready<'_>>(&bytes);
        if let Ok(frame) = frame::decode::<RequestFrame<'_>>(&bytes) {
            let _ = frame.into_owned();
        }
    }

    #[test]
    fn a_damaged_answer_is_an_answer_or_an_error(at in any::<prop::sample::Index>(), to: u8) {
        let answer = Answer::Candidates(every_key().into_iter().map(materials).collect());
        let answer = Ok(WireAnswer::lend(&answer).unwrap());
        let mut frame = frame::encode(&AnswerFrame { sequence: 1, answer }, FRAME_LIMIT).unwrap();
        let at = 4 + at.index(frame.len() - 4);
        frame[at] = to;
        if let Ok(frame) = frame::decode::<AnswerFrame<'_>>(&frame[4..])
            && let Ok(answer) = frame.answer
        {
            let _ = answer.into_owned();
        }
    }
}
