//! What goes wrong.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::http::response::Parts;
use hyper::{Response, StatusCode};

use super::wire::Reset;
use super::{Body, whole};

type Hook = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;
type Change = Box<dyn Fn(&mut Parts, &mut Vec<u8>) + Send + Sync>;

/// What goes wrong with one request.
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The connection is reset, and the server never sees the request.
    ResetBefore,
    /// The server does what was asked; the connection is reset instead of its answer.
    ResetAfter,
    /// This status and S3 error code, and the server never sees the request.
    Refuse(u16, &'static str),
    /// The server does what was asked; the answer is this status and S3 error code.
    RefuseAfter(u16, &'static str),
    /// The answer's body comes in pieces of so many bytes with a pause before each.
    Slow(usize, Duration),
    /// After so many bytes of the body nothing more comes, and the connection stays.
    Stall(usize),
    /// After so many bytes of the body the connection is reset.
    Cut(usize),
    /// The request waits before it goes on.
    Delay(Duration),
    /// This is done before the request goes on.
    First(Hook),
    /// The answer is changed; the length in its head follows the body.
    Change(Change),
    /// What was sent is changed on its way: this bit of the body is the other one.
    Sent(usize),
}

/// What becomes of a request.
pub(super) enum Answer {
    PassOn,
    Instead(Response<Bytes>),
    Reset,
}

impl Fault {
    pub(crate) fn after_doing<F>(hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::First(Box::new(move || Box::pin(hook())))
    }

    pub(crate) fn change(
        change: impl Fn(&mut Parts, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        Self::Change(Box::new(change))
    }

    /// The body ends so many bytes early, and the head says so.
    pub(crate) fn shorter_by(bytes: usize) -> Self {
        Self::change(move |_, body| body.truncate(body.len().saturating_sub(bytes)))
    }

    /// This bit of the body is the other one.
    pub(crate) fn flip(bit: usize) -> Self {
        Self::change(move |_, body| body[bit / 8] ^= 1 << (bit % 8))
    }

    /// What comes before anything else.
    pub(super) async fn first(&self) {
        match self {
            Self::Delay(time) => tokio::time::sleep(*time).await,
            Self::First(hook) => hook().await,
            _ => {}
        }
    }

    /// Whether it says more than what comes first.
    pub(super) fn decides(&self) -> bool {
        !matches!(self, Self::None | Self::Delay(_) | Self::First(_))
    }

    /// What arrives of what was sent.
    pub(super) fn sent(&self, body: Bytes) -> Bytes {
        let Self::Sent(bit) = self else { return body };
        let mut body = body.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        body.into()
    }

    pub(super) fn instead(&self) -> Answer {
        match self {
            Self::ResetBefore => Answer::Reset,
            Self::Refuse(status, code) => Answer::Instead(refusal(*status, code)),
            _ => Answer::PassOn,
        }
    }

    pub(super) fn after(
        &self,
        answer: Response<Bytes>,
        reset: &Reset,
    ) -> Result<Response<Body>, std::io::Error> {
        let (mut head, body) = answer.into_parts();
        let body = match self {
            Self::ResetAfter => return Err(reset.now()),
            Self::RefuseAfter(status, code) => {
                let (refused, body) = refusal(*status, code).into_parts();
                head = refused;
                whole(body)
            }
            Self::Slow(piece, pause) => {
                let pieces = pieces(&body, *piece);
                streamed(pieces, *pause, End::Orderly)
            }
            Self::Stall(after) => streamed(vec![start(&body, *after)], Duration::ZERO, End::Never),
            Self::Cut(after) => {
                let end = End::Reset(reset.clone());
                streamed(vec![start(&body, *after)], Duration::ZERO, end)
            }
            Self::Change(change) => {
                let mut bytes = body.to_vec();
                change(&mut head, &mut bytes);
                if bytes != body {
                    head.headers.insert(CONTENT_LENGTH, bytes.len().into());
                }
                whole(bytes.into())
            }
            _ => whole(body),
        };
        Ok(Response::from_parts(head, body))
    }
}

/// An answer as S3 gives it.
fn refusal(status: u16, code: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>said by the test</Message><RequestId>0</RequestId></Error>"
    );
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, "application/xml".parse().unwrap());
    answer
}

fn start(body: &Bytes, length: usize) -> Bytes {
    body.slice(..length.min(body.len()))
}

fn pieces(body: &Bytes, length: usize) -> Vec<Bytes> {
    let starts = (0..body.len()).step_by(length);
    starts
        .map(|at| body.slice(at..body.len().min(at + length)))
        .collect()
}

#[derive(Clone)]
enum End {
    Orderly,
    Never,
    Reset(Reset),
}

fn streamed(pieces: Vec<Bytes>, pause: Duration, end: End) -> Body {
    let pieces = stream::unfold(pieces.into_iter(), move |mut left| {
        let end = end.clone();
        async move {
            if let Some(piece) = left.next() {
                tokio::time::sleep(pause).await;
                return Some((Ok(Frame::data(piece)), left));
            }
            match end {
                End::Orderly => None,
                End::Never => std::future::pending().await,
                End::Reset(reset) => {
                    // What was sent so far arrives first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Some((Err(reset.now()), left))
                }
            }
        }
    });
    BodyExt::boxed_unsync(StreamBody::new(pieces))
}
