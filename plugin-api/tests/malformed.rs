//! What a library may answer and the host must not believe.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too
#![allow(clippy::result_large_err)] // the interface's own error type

use std::cell::RefCell;
use std::time::Duration;

use provost_plugin_abi::v1::{
    AttributesAnswer, BytesEntry, CallRef, CandidatesAnswer, ClassEntry, ClassKind, ContextRef,
    DecryptRef, Dispatch, EncryptRef, ErrorAnswer, ErrorKind as Number, Header, KeyAnswer, KeyKind,
    Library, MaterialsAnswer, RefreshAnswer, SecretBuf, StatusAnswer, TextEntry, TlsAnswer, TlsRef,
};
use provost_plugin_api::host::{
    CallError, ClassKind as KindFound, ForeignModule, ForeignProvider, limits,
};
use provost_plugin_api::{
    Attributes, Call, Conf, DecryptRequest, EncryptRequest, ErrorKind, ProviderError, Purpose,
    RawMaterials, RawTlsArtifacts, TlsRequest,
};

/// Speaks the interface itself, so that nothing on its side keeps it from lying.
struct Liar;

type Change = Box<dyn FnOnce(&mut MaterialsAnswer)>;
type TlsChange = Box<dyn FnOnce(&mut TlsAnswer)>;

thread_local! {
    static CHANGE: RefCell<Option<Change>> = const { RefCell::new(None) };
    static TLS_CHANGE: RefCell<Option<TlsChange>> = const { RefCell::new(None) };
    static ERROR: RefCell<Option<ErrorAnswer>> = const { RefCell::new(None) };
    static STATUS: RefCell<Option<StatusAnswer>> = const { RefCell::new(None) };
    static COUNT: RefCell<usize> = const { RefCell::new(1) };
}

fn good() -> MaterialsAnswer {
    MaterialsAnswer {
        description: vec![entry("k", "1")].into(),
        generation: "1".to_owned().into(),
        algorithm: "AES/GCM/NoPadding".to_owned().into(),
        key: KeyAnswer {
            secret: Some(SecretBuf::new(vec![1; 32])).into(),
            public: Vec::new().into(),
            key_id: String::new().into(),
            wrap_algorithm: String::new().into(),
            kind: KeyKind::SYMMETRIC,
        },
        attributes: AttributesAnswer::none(),
    }
}

fn entry(name: &str, value: &str) -> TextEntry {
    TextEntry {
        name: name.to_owned().into(),
        value: value.to_owned().into(),
    }
}

impl Dispatch for Liar {
    fn create(_: &ContextRef<'_>) -> Result<Self, ErrorAnswer> {
        Ok(Self)
    }

    fn refresh(&self, _: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer> {
        Err(ERROR.take().unwrap())
    }

    fn status(&self, _: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer> {
        Ok(STATUS.take().unwrap())
    }

    fn materials_for_encrypt(&self, _: &EncryptRef<'_>) -> Result<MaterialsAnswer, ErrorAnswer> {
        let mut answer = good();
        if let Some(change) = CHANGE.take() {
            change(&mut answer);
        }
        Ok(answer)
    }

    fn materials_for_decrypt(&self, _: &DecryptRef<'_>) -> Result<CandidatesAnswer, ErrorAnswer> {
        let mut candidates: Vec<_> = (0..COUNT.with_borrow(|n| *n)).map(|_| good()).collect();
        if let Some(change) = CHANGE.take() {
            change(candidates.last_mut().unwrap());
        }
        Ok(CandidatesAnswer {
            candidates: candidates.into(),
            attributes: AttributesAnswer::none(),
        })
    }

    fn tls_artifacts(&self, _: &TlsRef<'_>) -> Result<TlsAnswer, ErrorAnswer> {
        let mut answer = TlsAnswer {
            private_key: SecretBuf::new(vec![1; 3]),
            certificate_chain: vec![2; 3].into(),
            trusted_certificates: Some(vec![3; 3].into()).into(),
            generation: "1".to_owned().into(),
            attributes: AttributesAnswer::none(),
        };
        if let Some(change) = TLS_CHANGE.take() {
            change(&mut answer);
        }
        Ok(answer)
    }
}

struct Lies;

impl Library for Lies {
    const CLASSES: &'static [ClassEntry] = &[
        ClassEntry::new::<Liar>(ClassKind::MATERIALS, "a.Liar"),
        ClassEntry::new::<Liar>(ClassKind(77), "a.Later"),
    ];
    const UNWINDS: bool = true;
}

static HEADER: Header = Header::of::<Lies>();

fn liar() -> ForeignProvider {
    let module = ForeignModule::of_static(&HEADER).unwrap();
    module
        .create("a.Liar", &Conf::new(), &Attributes::new(), |_, _| ())
        .unwrap()
}

fn call() -> Call {
    Call::new("r", Duration::from_secs(1))
}

fn encrypt(change: impl FnOnce(&mut MaterialsAnswer) + 'static) -> Result<RawMaterials, CallError> {
    CHANGE.set(Some(Box::new(change)));
    liar().materials_for_encrypt(&EncryptRequest::new(call(), Purpose::ObjectStore))
}

fn tls(change: impl FnOnce(&mut TlsAnswer) + 'static) -> Result<RawTlsArtifacts, CallError> {
    TLS_CHANGE.set(Some(Box::new(change)));
    liar().tls_artifacts(&TlsRequest::new(call(), Vec::new(), None))
}

fn protocol<T: std::fmt::Debug>(answer: Result<T, CallError>) -> String {
    match answer.unwrap_err() {
        CallError::Protocol(text) => text,
        CallError::Provider(error) => panic!("{error}"),
    }
}

fn refusal(change: impl FnOnce(&mut ErrorAnswer)) -> Result<ProviderError, String> {
    let mut error = ErrorAnswer::new(Number::DENIED, "no".to_owned());
    change(&mut error);
    ERROR.set(Some(error));
    match liar().refresh(&call()).unwrap_err() {
        CallError::Provider(error) => Ok(error),
        CallError::Protocol(text) => Err(text),
    }
}

#[test]
fn a_good_answer_is_taken() {
    let materials = encrypt(|_| ()).unwrap();
    assert_eq!(materials.description.get("k"), Some("1"));
}

#[test]
fn text_that_is_not_utf8_is_refused_by_field() {
    let broken = || vec![b'a', 0x80].into();
    let text = protocol(encrypt(move |answer| answer.generation = broken()));
    assert_eq!(text, "`generation` is not UTF-8 from byte 1 on");
    let text = protocol(encrypt(move |answer| answer.algorithm = broken()));
    assert_eq!(text, "`algorithm` is not UTF-8 from byte 1 on");
    let text = protocol(encrypt(|answer| {
        let mut pair = entry("k", "1");
        pair.name = vec![0xc3].into();
        answer.description = vec![pair].into();
    }));
    assert_eq!(text, "`description: name` is not UTF-8 from byte 0 on");
}

#[test]
fn sizes_are_refused_above_their_limit_and_taken_at_it() {
    for over in [0, 1] {
        let answer = encrypt(move |answer| {
            answer.key.secret = Some(SecretBuf::new(vec![1; limits::KEY + over])).into();
        });
        assert_eq!(answer.is_err(), over == 1);
        let answer = encrypt(move |answer| {
            answer.generation = "g".repeat(limits::NAME + over).into();
        });
        assert_eq!(answer.is_err(), over == 1);
        let answer = encrypt(move |answer| {
            let entries = 0..limits::DESCRIPTION_ENTRIES + over;
            let entries = entries.map(|n| entry(&n.to_string(), ""));
            answer.description = entries.collect::<Vec<_>>().into();
        });
        assert_eq!(answer.is_err(), over == 1);
        let answer = encrypt(move |answer| {
            let half = "v".repeat(limits::DESCRIPTION / 2 - 1);
            let more = "v".repeat(limits::DESCRIPTION / 2 - 1 + over);
            answer.description = vec![entry("a", &half), entry("b", &more)].into();
        });
        assert_eq!(answer.is_err(), over == 1);
        let answer = encrypt(move |answer| {
            let fact = || BytesEntry {
                name: "n".to_owned().into(),
                value: Vec::new().into(),
            };
            let facts = (0..limits::ATTRIBUTES + over).map(|_| fact());
            answer.attributes.plain = facts.collect::<Vec<_>>().into();
        });
        assert_eq!(answer.is_err(), over == 1);
    }
    let text = protocol(encrypt(|answer| {
        answer.key.secret = Some(SecretBuf::new(vec![1; limits::KEY + 1])).into();
    }));
    assert_eq!(text, "`key` has 65537 bytes, at most 65536 are allowed");
}

#[test]
fn tls_artifacts_are_refused_by_field_above_its_limit_and_taken_at_it() {
    type Set = fn(&mut TlsAnswer, Vec<u8>);
    let key: Set = |answer, bytes| answer.private_key = SecretBuf::new(bytes);
    let chain: Set = |answer, bytes| answer.certificate_chain = bytes.into();
    let trusted: Set = |answer, bytes| answer.trusted_certificates = Some(bytes.into()).into();
    for (field, limit, set) in [
        ("private key", 1 << 20, key),
        ("certificate chain", 4 << 20, chain),
        ("trusted certificates", 4 << 20, trusted),
    ] {
        let of_size = |size| tls(move |answer| set(answer, vec![b'x'; size]));
        assert!(of_size(limit).is_ok(), "{field}");
        for over in [limit + 1, 100 << 20] {
            let text = protocol(of_size(over));
            let expected = format!("`{field}` has {over} bytes, at most {limit} are allowed");
            assert_eq!(text, expected);
        }
    }
    let text = protocol(tls(|answer| answer.generation = vec![0xff].into()));
    assert_eq!(text, "`generation` is not UTF-8 from byte 0 on");
    let long = "g".repeat(limits::NAME + 1);
    let text = protocol(tls(move |answer| answer.generation = long.into()));
    assert_eq!(
        text,
        "`generation` has 4097 bytes, at most 4096 are allowed"
    );
}

#[test]
fn a_repeated_description_name_is_refused() {
    let text = protocol(encrypt(|answer| {
        answer.description = vec![entry("a", "1"), entry("b", "2"), entry("a", "3")].into();
    }));
    assert_eq!(text, "`description` repeats a name at entry 2");
}

#[test]
fn keys_that_contradict_themselves_are_refused() {
    let text = protocol(encrypt(|answer| answer.key.kind = KeyKind(9)));
    assert_eq!(text, "`key` is of the unknown kind 9, expected 1 to 4");
    let text = protocol(encrypt(|answer| answer.key.secret = None.into()));
    assert_eq!(text, "`key` is symmetric and has no bytes");
}

#[test]
fn candidates_are_one_to_eight() {
    for (count, good) in [(0, false), (1, true), (8, true), (9, false)] {
        COUNT.set(count);
        let request = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM");
        let answer = liar().materials_for_decrypt(&request);
        assert_eq!(answer.is_ok(), good, "{count}");
    }
    COUNT.set(3);
    CHANGE.set(Some(Box::new(|answer| answer.key.kind = KeyKind(0))));
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM");
    let text = protocol(liar().materials_for_decrypt(&request));
    assert_eq!(
        text,
        "candidate 2: `key` is of the unknown kind 0, expected 1 to 4"
    );
}

#[test]
fn an_unknown_kind_of_error_is_internal() {
    for number in [0, 9, u32::MAX] {
        let error = refusal(|error| error.kind = Number(number)).unwrap();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.message(), "no");
    }
}

#[test]
fn long_messages_are_cut_between_characters() {
    for filler in ["x", "é", "€", "🔑"] {
        let message = format!("ab{}", filler.repeat(limits::MESSAGE));
        let error = refusal(|error| error.message = message.clone().into()).unwrap();
        assert!(message.starts_with(error.message()));
        let length = error.message().len();
        assert!(
            (limits::MESSAGE - 3..=limits::MESSAGE).contains(&length),
            "{length}"
        );
    }
    let exact = "é".repeat(limits::MESSAGE / 2);
    let error = refusal(|error| error.message = exact.clone().into()).unwrap();
    assert_eq!(error.message(), exact);
}

#[test]
fn a_message_that_is_not_utf8_is_refused() {
    let text = refusal(|error| error.message = vec![b'x', 0xff, b'y'].into()).unwrap_err();
    assert_eq!(text, "`error: message` is not UTF-8 from byte 1 on");
    // Cut off at its end without having been too long.
    let text = refusal(|error| error.message = vec![b'x', 0xc3].into()).unwrap_err();
    assert_eq!(text, "`error: message` is not UTF-8 from byte 1 on");
    let text = refusal(|error| {
        error.conf_key = Some(vec![0xff].into()).into();
    });
    assert_eq!(
        text.unwrap_err(),
        "`error: conf key` is not UTF-8 from byte 0 on"
    );
}

#[test]
fn a_long_status_is_cut_and_any_number_but_zero_is_healthy() {
    for (number, healthy) in [(0, false), (1, true), (7, true)] {
        STATUS.set(Some(StatusAnswer {
            generation: "1".to_owned().into(),
            message: "m".repeat(1 << 20).into(),
            attributes: AttributesAnswer::none(),
            healthy: number,
        }));
        let status = liar().status(&call()).unwrap();
        assert_eq!(status.healthy, healthy);
        assert_eq!(status.message.len(), limits::MESSAGE);
    }
}

#[test]
fn a_kind_of_class_that_is_not_known_is_listed_as_that() {
    let module = ForeignModule::of_static(&HEADER).unwrap();
    let kinds: Vec<_> = module.classes().iter().map(|class| class.kind).collect();
    assert_eq!(kinds, [KindFound::Materials, KindFound::Other(77)]);
}

#[test]
fn a_class_that_is_not_there_is_not_found() {
    let module = ForeignModule::of_static(&HEADER).unwrap();
    let error = module.create("a.Other", &Conf::new(), &Attributes::new(), |_, _| ());
    let CallError::Provider(error) = error.unwrap_err() else {
        panic!("malformed")
    };
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.message(), "this library has no class `a.Other`");
}
