//! What a client asked for.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The path as sent, percent signs and all.
    pub(crate) path: String,
    /// The query as sent.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// SHA-256 of the object's bytes in the body, whatever frames they were sent in.
    pub(crate) digest: Vec<u8>,
    /// Bytes of the same.
    pub(crate) length: usize,
    /// Whether a rule did something about it.
    pub(crate) fault: bool,
    /// The status of the answer, once there is one.
    pub(crate) status: Option<u16>,
}

impl Asked {
    pub(super) fn new(head: &Parts, body: &Bytes) -> Self {
        let content = match head.headers.get("content-encoding") {
            Some(coding) if coding.as_bytes().starts_with(b"aws-chunked") => without_frames(body),
            _ => body.to_vec(),
        };
        Self {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers.clone(),
            digest: digest(&SHA256, &content).as_ref().to_vec(),
            length: content.len(),
            fault: false,
            status: None,
        }
    }

    /// A value of the query; the empty text for a name without one.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }

    /// The number of the part that it uploads, and the upload.
    pub(crate) fn part(&self) -> Option<(u32, &str)> {
        let number = self.parameter("partNumber")?.parse().ok()?;
        (self.method == Method::PUT).then_some((number, self.parameter("uploadId")?))
    }
}

/// The bytes of an `aws-chunked` body: frames of a hexadecimal length, a line end, that many
/// bytes and a line end, up to a frame of length 0.
fn without_frames(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(body.len());
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let line = std::str::from_utf8(&body[..end]).unwrap();
        let length = line.split(';').next().unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return content;
        }
        let start = end + 2;
        content.extend_from_slice(&body[start..start + length]);
        body = &body[start + length + 2..];
    }
}
