//! Answers that are not to what was asked. No real server gives them on demand, so these come from
//! a listener that says what it is told.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provost::store::{GetOptions, ObjectUri, StoreError, Stores};

use crate::rig::configuration;

/// Reads the object `s3://bucket-x/key` from a server that answers each request with what `answer`
/// makes of its head.
fn read(
    options: GetOptions,
    answer: impl Fn(&str) -> String + Send + 'static,
) -> Result<Vec<u8>, StoreError> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            while lines.read_line(&mut head).unwrap() > 2 {}
            let _ = stream.write_all(answer(&head).as_bytes());
            // Closed here, whatever was announced.
        }
    });
    let text = format!(
        "[s3]\nendpoint = \"http://127.0.0.1:{port}\"\npath_style = true\nregion = \"us-east-1\"\n"
    );
    let stores = Stores::new(&Arc::new(configuration(&text)));
    let uri: ObjectUri = "s3://bucket-x/key".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut object = stores.open(&uri).unwrap().open(&uri, options).await?;
        let (mut body, got) = object.body.read(vec![0; 100]).await?;
        body.truncate(got);
        Ok(body)
    })
}

fn part() -> GetOptions {
    GetOptions::from(2..6)
}

fn all() -> GetOptions {
    GetOptions::default()
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 10\r\n\r\n0123456789";

fn partial(range: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nContent-Range: {range}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn right_answers_are_taken() {
    assert_eq!(read(all(), |_| WHOLE.to_owned()).unwrap(), b"0123456789");
    let answer = |head: &str| {
        assert!(head.to_lowercase().contains("range: bytes=2-5"), "{head}");
        partial("bytes 2-5/10", "2345")
    };
    assert_eq!(read(part(), answer).unwrap(), b"2345");
}

#[test]
fn other_bytes_than_those_asked_for_are_refused() {
    type Case = (GetOptions, fn() -> String);
    let cases: [Case; 6] = [
        (all(), || partial("bytes 0-9/10", "0123456789")),
        (part(), || WHOLE.to_owned()),
        (part(), || partial("bytes 1-4/10", "1234")),
        (part(), || partial("bytes 2-5/*", "2345")),
        (part(), || partial("bytes 5-2/10", "2345")),
        (part(), || {
            partial("bytes 2-18446744073709551615/10", "2345")
        }),
    ];
    for (index, (options, answer)) in cases.into_iter().enumerate() {
        let error = read(options, move |_| answer()).unwrap_err();
        assert!(
            matches!(error, StoreError::Answer { .. }),
            "{index}: {error:?}"
        );
        assert!(error.to_string().contains("s3://bucket-x/key"), "{error}");
    }
}

#[test]
fn a_body_that_breaks_off_is_asked_for_again_and_then_an_error() {
    let broken = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 10\r\n\r\n01234";
    // The first answer breaks off; `then` is all others, to the same question: the whole body is
    // what has a checksum.
    let read = |then: fn(&str) -> String| {
        let asked = AtomicUsize::new(0);
        read(all(), move |head| {
            assert!(!head.to_lowercase().contains("range: "), "{head}");
            match asked.fetch_add(1, Ordering::Relaxed) {
                0 => broken.to_owned(),
                _ => then(broken),
            }
        })
    };
    let mended = read(|_| WHOLE.to_owned()).unwrap();
    assert_eq!(mended, b"0123456789");

    let error = read(str::to_owned).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");

    let others: [fn(&str) -> String; 4] = [
        |_| WHOLE.replace("\"1\"", "\"2\""),
        |_| WHOLE.replace("10", "9"),
        |_| partial("bytes 0-9/10", "0123456789"),
        |_| partial("bytes 0-4/10", "01234"),
    ];
    for other in others {
        let error = read(other).unwrap_err();
        assert!(matches!(error, StoreError::Answer { .. }), "{error:?}");
    }
}

#[test]
fn a_bucket_in_another_region_is_an_error_that_names_both() {
    for (status, code) in [
        ("301 Moved Permanently", "PermanentRedirect"),
        ("400 Bad Request", "AuthorizationHeaderMalformed"),
    ] {
        let answer = move |_: &str| {
            let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
            format!(
                "HTTP/1.1 {status}\r\nx-amz-bucket-region: eu-central-1\r\n\
                 Content-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let error = read(all(), answer).unwrap_err();
        assert!(
            matches!(error, StoreError::Region { .. }),
            "{status}: {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("eu-central-1") && text.contains("us-east-1"),
            "{text}"
        );
        assert!(error.hint().unwrap().contains("region = \"eu-central-1\""));
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let busy = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n";
    let asked = AtomicUsize::new(0);
    let answer = move |_: &str| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => busy.to_owned(),
        _ => WHOLE.to_owned(),
    };
    assert_eq!(read(all(), answer).unwrap(), b"0123456789");
    let error = read(all(), move |_| busy.to_owned()).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}
