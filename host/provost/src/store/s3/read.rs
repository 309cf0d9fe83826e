//! Getting a body: the first part with the headers, the others by ranges, several at once.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Buf, Bytes};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::connection::BucketClient;
use super::error::{Asked, Failure, causes};
use super::{S3Store, Sizes, head};
use crate::store::joined::joined;
use crate::store::{
    Condition, GetOptions, Object, ObjectReader, ObjectStore, ObjectUri, StoreError,
};

/// How often a part is asked for when its body breaks off, and the pause before the second time.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);

const STEP: &str = "read the body";

pub(super) async fn open(
    store: &S3Store,
    uri: &ObjectUri,
    options: GetOptions,
) -> Result<Object, StoreError> {
    let sizes = store.sizes();
    let part = sizes.part as u64;
    let GetOptions {
        range,
        version,
        if_match,
    } = options;
    let mut fetch = Fetch {
        client: store.client().await?.clone(),
        uri: uri.clone(),
        version,
        etag: if_match,
    };
    if let Some(range) = &range
        && range.is_empty()
    {
        let size = store.look(uri, fetch.version.as_deref()).await?.info.size;
        return Err(outside(uri, range, size));
    }
    let first = range
        .as_ref()
        .map(|range| range.start..range.end.min(range.start.saturating_add(part)));
    let output = match fetch.ask(first.clone()).await {
        Ok(output) => output,
        Err(Failure::Range) => {
            let size = store.look(uri, fetch.version.as_deref()).await?.info.size;
            return Err(outside(uri, &range.unwrap_or_default(), size));
        }
        Err(failure) => return Err(failure.about(uri, &fetch.condition())),
    };
    let (first, size) = if let (Some(first), Some(range)) = (first, range.as_ref()) {
        let (got, size) = content_range(uri, &output)?;
        if range.end > size {
            return Err(outside(uri, range, size));
        }
        check_range(uri, &got, &first)?;
        (first, size)
    } else {
        if output.content_range().is_some() {
            return Err(wrong(
                uri,
                "a part of the body, and all of it was asked for",
            ));
        }
        let size = output.content_length().and_then(|n| u64::try_from(n).ok());
        let size = size.ok_or_else(|| wrong(uri, "it does not say how long the body is"))?;
        (0..size.min(part), size)
    };
    let head = head::of_get(uri, &output, size)?;
    let whole = range.is_none() && first.end == size;
    let all = range.unwrap_or(0..size);
    // From here on it is this version, or none.
    fetch.version = head.info.version.clone().or(fetch.version);
    fetch.etag = head.info.etag.clone().or(fetch.etag);
    if first.end < all.end && fetch.etag.is_none() && fetch.version.is_none() {
        return Err(wrong(
            uri,
            "it has no ETag: parts could be of different objects",
        ));
    }
    let mut body = Body {
        coming: VecDeque::new(),
        next: first.end,
        end: all.end,
        piece: Bytes::new(),
        sizes,
        fetch,
    };
    body.fetch_first(first, whole, output.body);
    body.fetch_more();
    Ok(Object::new(head, Box::new(body)))
}

/// One version of one object, to be asked for parts.
#[derive(Clone)]
struct Fetch {
    client: BucketClient,
    uri: ObjectUri,
    version: Option<String>,
    etag: Option<String>,
}

impl Fetch {
    fn condition(&self) -> Condition {
        Condition::unchanged(self.etag.clone())
    }

    async fn ask(&self, range: Option<Range<u64>>) -> Result<GetObjectOutput, Failure> {
        let name = self.uri.to_string();
        let asked = Asked {
            name: &name,
            step: "open the object",
            region: &self.client.region,
        };
        let sent = self
            .client
            .client
            .get_object()
            .bucket(self.uri.bucket())
            .key(self.uri.key())
            .set_version_id(self.version.clone())
            .set_if_match(self.etag.clone())
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, range.end - 1)))
            .send()
            .await;
        sent.map_err(|error| asked.failed(error))
    }

    /// These bytes, asked for again when they break off on the way. Where they are the `whole` body,
    /// the server says its checksum, which the SDK compares at the end; of a part none says one.
    async fn part(
        self,
        range: Range<u64>,
        whole: bool,
        first: Option<ByteStream>,
    ) -> Result<Bytes, StoreError> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut body = first;
        let mut attempt = 1;
        loop {
            let stream = match body.take() {
                Some(stream) => stream,
                None if whole => self.whole_body(range.end).await?,
                None => self.part_body(range.clone()).await?,
            };
            match collect(stream, length, whole).await {
                Ok(bytes) => return Ok(bytes),
                Err(problem) if attempt < ATTEMPTS => {
                    tracing::debug!(uri = %self.uri, attempt, "{problem}; asked for again");
                    tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
                    attempt += 1;
                }
                Err(problem) => {
                    return Err(StoreError::Unavailable {
                        name: self.uri.to_string(),
                        step: STEP,
                        reason: format!("{problem}, {ATTEMPTS} times"),
                    });
                }
            }
        }
    }

    async fn whole_body(&self, size: u64) -> Result<ByteStream, StoreError> {
        let output = self.ask_again(None).await?;
        let length = output.content_length().and_then(|n| u64::try_from(n).ok());
        if output.content_range().is_some() || length != Some(size) {
            return Err(wrong(&self.uri, "another length than a moment ago"));
        }
        Ok(output.body)
    }

    async fn part_body(&self, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let output = self.ask_again(Some(range.clone())).await?;
        let (got, _) = content_range(&self.uri, &output)?;
        check_range(&self.uri, &got, &range)?;
        Ok(output.body)
    }

    /// The same object as before.
    async fn ask_again(&self, range: Option<Range<u64>>) -> Result<GetObjectOutput, StoreError> {
        let output = self.ask(range).await.map_err(|failure| match failure {
            // It was there a moment ago.
            Failure::Missing => Failure::Unmet.about(&self.uri, &self.condition()),
            failure => failure.about(&self.uri, &self.condition()),
        })?;
        if self.etag.is_some() && output.e_tag() != self.etag.as_deref() {
            return Err(wrong(
                &self.uri,
                "a part of another object than the one asked for",
            ));
        }
        Ok(output)
    }
}

/// Exactly so many bytes from the beginning of a stream, or of a `whole` one, to its end.
async fn collect(mut stream: ByteStream, length: usize, whole: bool) -> Result<Bytes, String> {
    let mut bytes: Vec<u8> = Vec::with_capacity(length);
    while bytes.len() < length {
        match stream.next().await {
            None => {
                let got = bytes.len();
                return Err(format!("the body broke off after {got} of {length} bytes"));
            }
            Some(Err(error)) => return Err(causes(&error)),
            Some(Ok(piece)) => {
                let room = length - bytes.len();
                let wanted = piece.get(..room.min(piece.len())).unwrap_or_default();
                bytes.extend_from_slice(wanted);
            }
        }
    }
    while whole && let Some(piece) = stream.next().await {
        // HTTP/2 may end a body with a frame that has nothing in it.
        if !piece.map_err(|error| causes(&error))?.is_empty() {
            return Err(format!("the body has more than {length} bytes"));
        }
    }
    Ok(bytes.into())
}

/// A part on its way, given up when it is dropped.
struct Coming(JoinHandle<Result<Bytes, StoreError>>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A body whose parts arrive in any order and are given in the right one.
struct Body {
    fetch: Fetch,
    coming: VecDeque<Coming>,
    /// What has not been asked for yet.
    next: u64,
    end: u64,
    /// What has arrived and not been given.
    piece: Bytes,
    sizes: Sizes,
}

impl Body {
    fn fetch_first(&mut self, range: Range<u64>, whole: bool, body: ByteStream) {
        if !range.is_empty() {
            let part = self.fetch.clone().part(range, whole, Some(body));
            self.coming.push_back(Coming(tokio::spawn(part)));
        }
    }

    fn fetch_more(&mut self) {
        while self.next < self.end && self.coming.len() < self.sizes.parts_in_flight() {
            let end = self
                .next
                .saturating_add(self.sizes.part as u64)
                .min(self.end);
            let part = self.fetch.clone().part(self.next..end, false, None);
            self.coming.push_back(Coming(tokio::spawn(part)));
            self.next = end;
        }
    }

    async fn next_piece(&mut self) -> Result<bool, StoreError> {
        let Some(coming) = self.coming.front_mut() else {
            return Ok(false);
        };
        let arrived = joined((&mut coming.0).await).await;
        self.coming.pop_front();
        match arrived {
            Ok(piece) => self.piece = piece,
            Err(error) => {
                // Nothing comes after a gap.
                self.coming.clear();
                self.next = self.end;
                return Err(error);
            }
        }
        self.fetch_more();
        Ok(true)
    }
}

#[async_trait]
impl ObjectReader for Body {
    async fn read(&mut self, buffer: Vec<u8>) -> Result<(Vec<u8>, usize), StoreError> {
        let mut buffer = Zeroizing::new(buffer);
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            if self.piece.is_empty() {
                if self.next_piece().await? {
                    continue;
                }
                break;
            }
            let length = room.len().min(self.piece.len());
            let (part, _) = room.split_at_mut(length);
            self.piece.copy_to_slice(part);
            filled += length;
        }
        Ok((std::mem::take(&mut *buffer), filled))
    }
}

/// Which bytes an answer has, and how many there are: `bytes 0-15/4096`.
fn content_range(
    uri: &ObjectUri,
    output: &GetObjectOutput,
) -> Result<(Range<u64>, u64), StoreError> {
    let parse = |text: &str| {
        let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (start, last) = range.split_once('-')?;
        let (start, last): (u64, u64) = (start.parse().ok()?, last.parse().ok()?);
        let (end, size) = (last.checked_add(1)?, size.parse().ok()?);
        (start < end && end <= size).then_some((start..end, size))
    };
    let text = output
        .content_range()
        .ok_or_else(|| wrong(uri, "the whole body, and a part of it was asked for"))?;
    parse(text).ok_or_else(|| wrong(uri, "its Content-Range makes no sense"))
}

fn check_range(uri: &ObjectUri, got: &Range<u64>, expected: &Range<u64>) -> Result<(), StoreError> {
    if got == expected {
        return Ok(());
    }
    let problem = format!(
        "the bytes {}..{}, and {}..{} were asked for",
        got.start, got.end, expected.start, expected.end
    );
    Err(wrong(uri, &problem))
}

fn outside(uri: &ObjectUri, range: &Range<u64>, size: u64) -> StoreError {
    StoreError::Range {
        uri: uri.clone(),
        start: range.start,
        end: range.end,
        size,
    }
}

fn wrong(uri: &ObjectUri, problem: &str) -> StoreError {
    StoreError::Answer {
        name: uri.to_string(),
        step: STEP,
        problem: problem.to_owned(),
    }
}
